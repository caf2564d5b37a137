"""``ablation tune`` on real trainings: two processes of one study, killed and started again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import mlflow_state
import numpy as np
import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState
from tuned_experiment import tuned_file

from ablation.experiment.store.content_store import ContentStore
from ablation.tuning.heartbeat import WORKER_ATTRIBUTE
from ablation.tuning.storage import open_storage

KILLS, TRIALS = 3, 6
STUDY = "tiny: + Shifted views"


def start(folder: Path) -> subprocess.Popen[bytes]:
    """``ablation tune`` in a process; its machine lanes are the folder's."""
    tuned_file(folder, epochs=10)
    outside = ("MLFLOW_TRACKING_URI", "OPTUNA_STORAGE")
    env = {name: value for name, value in os.environ.items() if name not in outside}
    return subprocess.Popen(
        [sys.executable, "-m", "ablation.cli", "tune", "tiny.yaml", "--trials", str(TRIALS), "--jobs", "1"],
        cwd=folder,
        env=env | {"TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def trials(folder: Path) -> list[FrozenTrial]:
    return optuna.load_study(study_name=STUDY, storage=open_storage(folder / "mlruns").storage).trials


def workers(folder: Path) -> set[int]:
    """The processes that have a trial now, some of them dead."""
    if STUDY not in optuna.get_all_study_names(open_storage(folder / "mlruns").storage):
        return set()
    marks = (trial.user_attrs.get(WORKER_ATTRIBUTE) for trial in trials(folder) if trial.state is TrialState.RUNNING)
    return {mark["pid"] for mark in marks if mark}


def scores(folder: Path) -> list[tuple[int, TrialState, object, float | None]]:
    return [(trial.number, trial.state, trial.user_attrs["values"], trial.value) for trial in trials(folder)]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_killed_again_and_again_make_the_study_that_one_makes_undisturbed(tmp_path: Path) -> None:
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    alone.mkdir()
    shared.mkdir()
    assert start(alone).wait(300) == 0
    draw, kills = random.Random(0), 0
    processes = [start(shared), start(shared)]
    while kills < KILLS and any(process.poll() is None for process in processes):
        working = [process for process in processes if process.pid in workers(shared)]
        time.sleep(draw.uniform(0, 1))
        if working:
            victim = draw.choice(working)
            victim.kill()
            processes[processes.index(victim)] = start(shared)
            kills += victim.wait() == -signal.SIGKILL
    assert kills >= 2
    assert [process.wait(300) for process in processes] == [0, 0]
    found = scores(shared)
    assert found == scores(alone)  # the random sampler draws by number
    assert [number for number, *_ in found] == list(range(TRIALS))
    assert {state for _, state, *_ in found} == {TrialState.COMPLETE}
    assert_same_store(ContentStore(shared / "mlruns"), ContentStore(alone / "mlruns"))
    runs = mlflow_state.by_role(shared / "mlruns", "tiny")
    assert (len(runs["study"]), len(runs["trial"])) == (1, TRIALS)
    assert {run.info.status for run in (*runs["study"], *runs["trial"])} == {"FINISHED"}


def assert_same_store(ours: ContentStore, theirs: ContentStore) -> None:
    """Both hold the same stages, with the same epochs and predictions bit for bit, and nothing unfinished."""
    stages = [{path.name for path in (store.root / "stages").glob("*/*")} for store in (ours, theirs)]
    assert stages[0] == stages[1]
    assert len(stages[0]) == 2 * TRIALS
    for address in stages[0]:
        outcomes = [store.outcome(address) for store in (ours, theirs)]
        if "history" in outcomes[0]:
            assert outcomes[0]["history"] == outcomes[1]["history"]
        else:
            found = [store.predictions(address) for store in (ours, theirs)]
            assert found[0].probabilities.tobytes() == found[1].probabilities.tobytes()
            np.testing.assert_array_equal(found[0].ids, found[1].ids)
    assert not list((ours.root / "scratch").glob("*"))
