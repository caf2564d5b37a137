"""Killed at any moment, an experiment goes on and ends as if it had never been: on a core that is fast."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import mlflow_state
import pandas as pd
import psutil
import pytest
from standin_plan import standin_plan
from standin_run import family, is_alive, recorded, start, wait_for

from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import collect

KILLS_A_STORE = 13
PLAN = {"variants": 3, "replicates": 2, "epochs": 5, "pause": 0.04}
COSTS = ["train_seconds", "latency_ms_1", "latency_ms_64"]


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [13, 50])
def test_after_many_kills_everything_is_as_if_there_had_been_none(new_root: Callable[[], Path], wanted: int) -> None:
    plan, rng = standin_plan(**PLAN), random.Random(0)
    untouched = new_root()
    started = time.monotonic()
    assert not recorded(untouched, PLAN)
    pause = (time.monotonic() - started) / 4
    trained = (untouched / "trained.log").read_text().split()
    assert len(trained) == len({run.train for run in plan.runs})
    kills = 0
    while kills < wanted:
        root = new_root()
        kills += run_under_fire(root, plan, rng, pause)
        assert_same(root, untouched, plan)
        assert set((root / "trained.log").read_text().split()) == set(trained)
        mlflow_state.assert_whole(root, plan)
    mlflow_state.assert_whole(untouched, plan)


def run_under_fire(root: Path, plan: Plan, rng: random.Random, pause: float) -> int:
    """Start the run again and again until it ends, killing it and its workers at first; the number of kills."""
    kills, seen = 0, dict[str, tuple[int, int]]()
    while True:
        process = start(root, **PLAN)
        kills += fire(process, KILLS_A_STORE - kills, rng, pause)
        now = commits(root, plan)
        assert seen.items() <= now.items(), "a finished stage was done again"
        seen = now
        if process.exitcode == 0:
            return kills


def fire(process: BaseProcess, bullets: int, rng: random.Random, pause: float) -> int:
    """Kill the run or its workers, some at once, until it or the bullets are gone; no worker outlives the run."""
    kills, workers = 0, set[psutil.Process]()
    while process.is_alive():
        process.join(rng.uniform(0, pause) if kills < bullets else None)
        present = family(process)
        workers.update(present[1:])
        for victim in rng.sample(present, rng.randint(1, len(present))) if present else ():
            kills += killed(victim)
        process.join(0.05)
    wait_for(lambda: not any(map(is_alive, workers)))
    return kills


def killed(process: psutil.Process) -> bool:
    """Kill a process, unless it has just ended by itself."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()
        return True
    return False


def commits(root: Path, plan: Plan) -> dict[str, tuple[int, int]]:
    """The finished stages, with what would change if one were written again."""
    store = ContentStore(root)
    files = {address: store.folder(address) / "outcome.json" for address in plan.stages if store.has(address)}
    return {address: (file.stat().st_ino, file.stat().st_mtime_ns) for address, file in files.items()}


def assert_same(root: Path, untouched: Path, plan: Plan) -> None:
    """Predictions, history and statistical columns are those of the other store, bit for bit; nothing is left over."""
    ours, theirs = ContentStore(root), ContentStore(untouched)
    for run in plan.runs:
        assert ours.outcome(run.train)["history"] == theirs.outcome(run.train)["history"]
        for address in (run.val, run.test):
            probabilities = ours.predictions(address).probabilities
            assert probabilities.tobytes() == theirs.predictions(address).probabilities.tobytes()
    frames = [collect(plan, store).drop(columns=COSTS) for store in (ours, theirs)]
    pd.testing.assert_frame_equal(*frames, check_exact=True)
    assert not list((root / "scratch").glob("*"))
    assert not list((root / "failures").glob("*"))


@pytest.mark.slow
def test_two_runs_of_one_plan_share_the_work(new_root: Callable[[], Path]) -> None:
    plan, root, untouched = standin_plan(**PLAN), new_root(), new_root()
    assert not recorded(untouched, PLAN)
    both = [start(root, **PLAN), start(root, **PLAN)]
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    assert sorted((root / "trained.log").read_text().split()) == sorted((untouched / "trained.log").read_text().split())
    assert_same(root, untouched, plan)
    mlflow_state.assert_whole(root, plan)


@pytest.mark.slow
def test_the_one_that_did_not_record_takes_the_record_over_when_the_other_dies(new_root: Callable[[], Path]) -> None:
    plan, root = standin_plan(**PLAN), new_root()
    first = start(root, **PLAN)
    wait_for((root / "attempts.log").exists)  # the first to train records
    second = start(root, **PLAN)
    time.sleep(0.7)
    first.kill()
    first.join(10)
    second.join(60)
    assert second.exitcode == 0
    mlflow_state.assert_whole(root, plan)
