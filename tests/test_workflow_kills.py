"""The command line on real trainings: killed, started twice at once, and started again."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import mlflow_state
import numpy as np
import pandas as pd
import psutil
import pytest
from tiny_experiment import tiny_file

import ablation
from ablation.experiment.planning.plan import Plan
from ablation.workflow.planning import plan_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

KILLS = 5
COSTS = ["train_seconds", "images_per_second", "peak_memory_mb", "latency_ms_1", "latency_ms_64"]


@dataclass(frozen=True)
class Home:
    """A folder with the tiny experiment and a store of its own."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "tiny.yaml"

    @property
    def options(self) -> ablation.Options:
        return ablation.Options(self.folder / "mlruns", device="cpu")

    @property
    def plan(self) -> Plan:
        return plan_of(self.file, options=self.options)

    @property
    def results(self) -> pd.DataFrame:
        return ablation.results(self.file, self.options).drop(columns=COSTS)

    def start(self) -> subprocess.Popen[str]:
        """``ablation run`` in a process; its machine lanes are its own."""
        tiny_file(self.folder, epochs=8)
        env = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
        return subprocess.Popen(
            [sys.executable, "-m", "ablation.cli", "run", "tiny.yaml", "--device", "cpu"],
            cwd=self.folder,
            env=env | {"TMPDIR": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self) -> str:
        """Run to the end; what it printed."""
        with self.start() as process:
            printed, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        return printed

    def trained(self) -> dict[str, int]:
        """The finished stages, and when each was written."""
        store = self.options.store
        files = {address: store.folder(address) / "outcome.json" for address in self.plan.stages}
        return {address: file.stat().st_mtime_ns for address, file in files.items() if file.exists()}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str, float]:
    """A home in which the experiment ran without disturbance, what was printed, and the seconds it took."""
    home, started = Home(tmp_path_factory.mktemp("untouched")), time.monotonic()
    printed = home.run()
    return home, printed, time.monotonic() - started


def test_the_same_command_again_trains_nothing_and_prints_the_same(untouched: tuple[Home, str, float]) -> None:
    home, printed, _ = untouched
    before = home.trained()
    assert len(before) == len(home.plan.stages)
    assert home.run() == printed
    assert home.trained() == before
    mlflow_state.assert_whole(home.folder / "mlruns", home.plan)


def test_killed_five_times_the_results_are_those_of_an_undisturbed_run(
    untouched: tuple[Home, str, float], tmp_path: Path
) -> None:
    home, rng = Home(tmp_path), random.Random(1)
    kills = 0
    while kills < KILLS:
        kills += shot(home, rng, untouched[2])
    home.run()
    pd.testing.assert_frame_equal(home.results, untouched[0].results, check_exact=True)
    assert_same_predictions(home, untouched[0])
    mlflow_state.assert_whole(tmp_path / "mlruns", home.plan)
    assert not list((tmp_path / "mlruns" / "scratch").glob("*"))


def shot(home: Home, rng: random.Random, seconds: float) -> int:
    """Start the run, kill it or one of its processes at a random moment, and wait for its end; the number of kills."""
    with home.start() as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.1, 0.5) * seconds)
        if process.poll() is not None:
            return 0
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        rng.choice(family).kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
        process.kill()
    return 1


def assert_same_predictions(home: Home, other: Home) -> None:
    for run in home.plan.runs:
        for address in (run.val, run.test):
            ours, theirs = (each.options.store.predictions(address) for each in (home, other))
            assert ours.probabilities.tobytes() == theirs.probabilities.tobytes()
            np.testing.assert_array_equal(ours.ids, theirs.ids)


def test_two_runs_started_together_share_the_work_and_print_the_same(
    untouched: tuple[Home, str, float], tmp_path: Path
) -> None:
    home = Home(tmp_path)
    both = [home.start(), home.start()]
    printed = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert printed[0] == printed[1]
    pd.testing.assert_frame_equal(home.results, untouched[0].results, check_exact=True)
    mlflow_state.assert_whole(tmp_path / "mlruns", home.plan)
