"""Killed at any moment, a study ends with exactly the trials that were asked for, in Optuna, MLflow and the store."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import time
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path

import mlflow_state
import optuna
import pytest
from mlflow.entities import Run
from optuna.trial import FrozenTrial, TrialState
from standin_run import family, is_alive, wait_for
from standin_study import OWN, bowl, standin_study
from standin_tune import PROCESSES, some_fail, start

from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.tuned_store import load_tuned
from ablation.tracking.names import Tag
from ablation.tuning.storage import open_storage

KILLS, TRIALS, EPOCHS = 20, 32, 4
NAMES = itertools.count()
STUDY = {"trials": TRIALS, "epochs": EPOCHS, "pause": 0.25, "pruner": "median", "fail": some_fail}
MADE = standin_study(**STUDY)  # type: ignore[arg-type]
IN_MLFLOW = {TrialState.COMPLETE: "FINISHED", TrialState.PRUNED: "KILLED", TrialState.FAIL: "FAILED"}


@pytest.fixture
def root(mlflow_template: Path, template: Path, tmp_path: Path) -> Path:
    """A store with the record and the default storage, empty: making them takes seconds."""
    root = tmp_path / "mlruns"
    root.mkdir()
    shutil.copy(mlflow_template, root / "mlflow.db")
    shutil.copy(template, root / "optuna.db")
    return root


@pytest.fixture(params=["default", "sqlite", "journal", "postgresql"])
def url(request: pytest.FixtureRequest, root: Path) -> str | None:
    """Of Optuna's storage; but for the default it is made by the processes."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("server").new_database(f"killed{next(NAMES)}"))
    files = {"sqlite": f"sqlite:///{root}/other.db", "journal": f"{root}/optuna.journal"}
    return files.get(request.param)


@pytest.mark.slow
def test_after_twenty_kills_of_four_processes_everything_is_there_once(root: Path, url: str | None) -> None:
    draw, hits = random.Random(0), 0
    processes = [start(root, STUDY, url) for _ in range(PROCESSES)]
    seen = commits(root)
    for _ in range(KILLS):
        time.sleep(draw.uniform(0, 0.6))
        place = draw.randrange(PROCESSES)
        kill(processes[place])
        hits += sum(trial.state.is_finished() for trial in trials_of(root, url)) < TRIALS
        now = commits(root)
        assert seen.items() <= now.items(), "a finished stage was done again"
        seen = now
        processes[place] = start(root, STUDY, url)
    assert ends_of(*processes) == [0] * PROCESSES
    assert hits >= KILLS / 2, "most were after the end"
    assert seen.items() <= commits(root).items()
    assert_exact(root, url)


def kill(process: BaseProcess) -> None:
    """Kill a process; its workers end by themselves."""
    workers = family(process)[1:]
    process.kill()
    process.join()
    wait_for(lambda: not any(map(is_alive, workers)))


def ends_of(*processes: BaseProcess) -> list[int | None]:
    for process in processes:
        process.join(120)
    return [process.exitcode for process in processes]


def commits(root: Path) -> dict[str, tuple[int, int]]:
    """The finished stages, with what would change if one were written again."""
    files = {path.parent.name: path.stat() for path in (root / "stages").glob("*/*/outcome.json")}
    return {address: (found.st_ino, found.st_mtime_ns) for address, found in files.items()}


def trials_of(root: Path, url: str | None) -> list[FrozenTrial]:
    """None before the first process has made the study."""
    storage = open_storage(root, url).storage
    made = MADE.plan.name in optuna.get_all_study_names(storage)
    return optuna.load_study(study_name=MADE.plan.name, storage=storage).trials if made else []


def assert_exact(root: Path, url: str | None) -> None:
    trials = trials_of(root, url)
    assert [trial.number for trial in trials] == list(range(TRIALS))
    assert {trial.state for trial in trials} == IN_MLFLOW.keys()
    assert len({str(trial.user_attrs["values"]) for trial in trials}) == TRIALS
    assert trials[0].user_attrs["values"] == OWN
    for trial in trials:
        assert_settled(trial)
    best = max(trials, key=lambda trial: trial.value if trial.state is TrialState.COMPLETE and trial.value else 0.0)
    assert_trained(ContentStore(root), trials)
    assert_recorded(root, trials, best.number)
    tuned = load_tuned(MADE.plan.definition, False, ContentStore(root))
    assert tuned
    assert (tuned.number, tuned.score, tuned.values) == (best.number, best.value, best.user_attrs["values"])
    assert (tuned.trials, tuned.own_score) == (TRIALS, bowl(OWN))


def assert_settled(trial: FrozenTrial) -> None:
    """It ended as its values say, with every epoch up to its end."""
    values = trial.user_attrs["values"]
    assert (trial.state is TrialState.FAIL) == bool(some_fail(values))
    steps = range(1, len(trial.intermediate_values) + 1)
    assert trial.intermediate_values == {step: bowl(values) * (1 - 0.5**step) for step in steps}
    if trial.state is TrialState.COMPLETE:
        assert (trial.value, len(steps)) == (bowl(values), EPOCHS)


def assert_trained(store: ContentStore, trials: list[FrozenTrial]) -> None:
    """The store holds every training of a complete trial, and no training that no trial asked for."""
    asked = {trial.number: MADE.tryouts(trial.user_attrs["values"], 0) for trial in trials}
    complete = [asked[trial.number] for trial in trials if trial.state is TrialState.COMPLETE]
    assert all(store.has(tryout.train) and store.has(tryout.val) for tryout in complete)
    assert set((store.root / "trained.log").read_text().split()) <= {tryout.train for tryout in asked.values()}
    assert not {path.name for path in (store.root / "scratch").glob("*")} & {tryout.train for tryout in complete}


def assert_recorded(root: Path, trials: list[FrozenTrial], best: int) -> None:
    """MLflow says of every trial what Optuna says, once."""
    found = mlflow_state.by_role(root, "standin")
    assert set(Counter(run.data.tags[Tag.KEY] for run in mlflow_state.runs(root, "standin")).values()) == {1}
    (parent,) = found["study"]
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["trials/complete"] == sum(trial.state is TrialState.COMPLETE for trial in trials)
    runs = {int(run.data.tags["ablation.trial"]): run for run in found["trial"]}
    assert runs.keys() == set(range(len(trials)))
    for trial in trials:
        run = runs[trial.number]
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.info.status == IN_MLFLOW[trial.state]
        assert run.data.tags.get("ablation.pruned") == ("true" if trial.state is TrialState.PRUNED else None)
        assert run.data.params == {path: str(value) for path, value in trial.user_attrs["values"].items()}
        assert history(root, run) == sorted(trial.intermediate_values.items())
    assert [number for number, run in runs.items() if run.data.tags.get("ablation.best") == "true"] == [best]


def history(root: Path, run: Run) -> list[tuple[int, float]]:
    """What MLflow has of the epochs."""
    logged = mlflow_state.client(root).get_metric_history(run.info.run_id, "val/accuracy")
    return sorted((metric.step, metric.value) for metric in logged)


@pytest.mark.slow
@pytest.mark.parametrize("url", ["default", "postgresql"], indirect=True)
def test_ctrl_c_leaves_its_trials_waiting_and_no_worker_and_the_next_one_finishes_them(
    root: Path, url: str | None
) -> None:
    process = start(root, STUDY, url, jobs=2)
    attempts = root / "attempts.log"
    wait_for(lambda: attempts.exists() and len(attempts.read_text().split()) >= 4)
    workers = family(process)[1:]
    assert len(workers) == 2
    assert process.pid
    os.kill(process.pid, signal.SIGINT)
    assert ends_of(process) == [130]
    assert not any(map(is_alive, workers))
    trials = trials_of(root, url)
    states = Counter(trial.state for trial in trials)
    assert states[TrialState.WAITING] == 2
    assert states[TrialState.RUNNING] == 0
    runs = mlflow_state.by_role(root, "standin")
    assert [run.info.status for run in runs["study"]] == ["KILLED"]
    said = {int(run.data.tags["ablation.trial"]): run.info.status for run in runs["trial"]}
    assert said == {trial.number: IN_MLFLOW.get(trial.state, "KILLED") for trial in trials}
    assert ends_of(start(root, STUDY, url, jobs=2)) == [0]
    assert_exact(root, url)
