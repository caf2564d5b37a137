"""A study in MLflow is what Optuna's storage says of it, however often and by whomever it is delivered."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import mlflow_state
import pytest
import yaml
from mlflow.entities import Run
from optuna.trial import TrialState
from tried import study_of, study_plan, tried

from ablation.recording.study_recorder import StudyRecorder
from ablation.tracking.names import Tag
from ablation.tracking.store import TrackingStore, open_store
from ablation.tuning import plots

A, B = {"optimizer.lr": 1e-3, "loss.gamma": 1.0}, {"optimizer.lr": 1e-4, "loss.gamma": 2.0}
PLAN = study_plan()
STUDY = f"study:{PLAN.key}"
SCORE = "score/val/balanced_accuracy"


@pytest.fixture
def tracking(mlflow_template: Path, tmp_path: Path) -> TrackingStore:
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")
    return open_store(tmp_path)


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "study_figures", lambda *_: iter(()))  # they have tests of their own


def recorder(tracking: TrackingStore, root: Path, notes: list[str] | None = None, plan: Any = PLAN) -> StudyRecorder:
    made = StudyRecorder(plan, root / "locks", tracking, (notes if notes is not None else []).append)
    made.start()
    return made


def by_key(root: Path) -> dict[str, Run]:
    found = mlflow_state.runs(root, "digits")
    keys = [run.data.tags[Tag.KEY] for run in found]
    assert len(set(keys)) == len(keys), "no run is there twice"
    return {run.data.tags[Tag.KEY].removeprefix("trial:").removeprefix(f"{PLAN.key}:"): run for run in found}


def frozen_state(root: Path) -> dict[str, object]:
    client = mlflow_state.client(root)
    return {
        key: (
            run.info.status,
            run.info.end_time if key != STUDY else 0,
            run.data.tags,
            run.data.params,
            {
                name: [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, name)]
                for name in run.data.metrics
            },
        )
        for key, run in by_key(root).items()
    }


def test_trials_are_shown_as_they_ended_and_delivering_twice_changes_nothing(
    tracking: TrackingStore, tmp_path: Path
) -> None:
    trials = [
        tried(A, 0.7, own=True),
        tried(B, 0.8, steps=[0.5, 0.75]),
        tried(B, 0.6, TrialState.PRUNED, [0.6]),
        tried(A, state=TrialState.FAIL, reason="out of memory"),
        tried({}, state=TrialState.WAITING),
    ]
    study = study_of(trials, PLAN)
    assert recorder(tracking, tmp_path).finish("FINISHED", study)
    runs = by_key(tmp_path)
    assert runs.keys() == {STUDY, "0", "1", "2", "3"}
    parent = runs.pop(STUDY)
    assert [runs[key].info.status for key in "0123"] == ["FINISHED", "FINISHED", "KILLED", "FAILED"]
    assert {run.data.tags["mlflow.parentRunId"] for run in runs.values()} == {parent.info.run_id}
    assert runs["2"].data.tags["ablation.pruned"] == "true"
    assert runs["3"].data.tags["ablation.reason"] == "out of memory"
    assert [key for key, run in runs.items() if run.data.tags.get("ablation.best") == "true"] == ["1"]
    assert [key for key, run in runs.items() if run.data.tags.get("ablation.own") == "true"] == ["0"]
    assert runs["1"].data.params == {"optimizer.lr": "0.0001", "loss.gamma": "2.0"}
    assert runs["1"].data.metrics[SCORE] == 0.8
    history = mlflow_state.client(tmp_path).get_metric_history(runs["1"].info.run_id, "val/balanced_accuracy")
    assert [(each.step, each.value) for each in history] == [(1, 0.5), (2, 0.75)]

    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["best/val/balanced_accuracy"] == 0.8
    assert parent.data.metrics["trials/complete"] == 2
    assert parent.data.params["space.optimizer.lr"] == "1e-05 .. 0.01, log"
    assert "optimistic: the best of 4" in parent.data.tags["mlflow.note.content"]
    best = Path(parent.info.artifact_uri.removeprefix("file://")) / "best.yaml"
    assert yaml.safe_load(best.read_text())["patch"] == {"optimizer": {"lr": 1e-4}, "loss": {"gamma": 2.0}}

    before = frozen_state(tmp_path)
    assert recorder(tracking, tmp_path).finish("FINISHED", study)
    assert frozen_state(tmp_path) == before


def test_the_best_moves_and_a_trial_that_was_put_back_runs_again_under_its_own_run(
    tracking: TrackingStore, tmp_path: Path
) -> None:
    first = recorder(tracking, tmp_path)
    first.began(0, A)
    first.epoch(0, 1, 0.5)
    first.ended(0, "complete", 0.7, "")
    first.began(1, B)
    first.epoch(1, 1, 0.4)
    given_back = tried(B, state=TrialState.WAITING)
    assert first.finish("KILLED", study_of([tried(A, 0.7), given_back], PLAN))
    runs = by_key(tmp_path)
    assert {key: run.info.status for key, run in runs.items()} == {
        STUDY: "KILLED",
        "0": "FINISHED",
        "1": "KILLED",
    }
    assert runs["0"].data.tags["ablation.best"] == "true"
    assert runs["1"].data.metrics == {"val/balanced_accuracy": 0.4}, "what was seen of a trial that was put back"

    second = recorder(tracking, tmp_path)
    second.began(1, B)
    second.epoch(1, 1, 0.4)
    second.epoch(1, 2, 0.6)
    second.ended(1, "complete", 0.9, "")
    assert second.finish("FINISHED", study_of([tried(A, 0.7), tried(B, 0.9)], PLAN))
    again = by_key(tmp_path)
    assert again["1"].info.run_id == runs["1"].info.run_id
    assert {run.info.status for run in again.values()} == {"FINISHED"}
    assert [again[key].data.tags["ablation.best"] for key in "01"] == ["", "true"]
    history = mlflow_state.client(tmp_path).get_metric_history(again["1"].info.run_id, "val/balanced_accuracy")
    assert [each.step for each in history] == [1, 2]


def test_two_recorders_of_one_study_make_each_run_once(tracking: TrackingStore, tmp_path: Path) -> None:
    one, two = recorder(tracking, tmp_path), recorder(tracking, tmp_path)
    for number in range(0, 4, 2):
        for each, shift in ((one, 0), (two, 1)):
            each.began(number + shift, A)
            each.ended(number + shift, "complete", 0.5, "")
    running = tried(A, state=TrialState.RUNNING)
    assert one.finish("FINISHED", study_of([tried(A, 0.5)] * 3 + [running], PLAN))
    assert by_key(tmp_path)[STUDY].info.status == "RUNNING", "the other one is not done"
    assert two.finish("FINISHED", study_of([tried(A, 0.5)] * 4, PLAN))
    runs = by_key(tmp_path)
    assert len(runs) == 5
    assert {run.info.status for run in runs.values()} == {"FINISHED"}
    assert all(
        len(each) == 1 for each in (mlflow_state.client(tmp_path).get_metric_history(runs["1"].info.run_id, SCORE),)
    )


def test_trials_of_a_study_that_is_gone_are_set_aside(tracking: TrackingStore, tmp_path: Path) -> None:
    assert recorder(tracking, tmp_path).finish("FINISHED", study_of([tried(A, 0.7), tried(A, 0.8)], PLAN))
    assert recorder(tracking, tmp_path).finish("FINISHED", study_of([tried(B, 0.6)], PLAN))
    found = mlflow_state.runs(tmp_path, "digits")
    assert sorted(run.info.run_name for run in found if "ablation.stale" in run.data.tags) == ["trial 0", "trial 1"]
    (now,) = [run for key, run in by_key(tmp_path).items() if key == "0"]
    assert now.data.params["loss.gamma"] == "2.0"
    assert now.data.tags["ablation.best"] == "true"


def test_a_store_that_cannot_be_reached_delays_the_record_and_is_reported_once(
    tracking: TrackingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    study = study_of([tried(A, 0.7)], PLAN)
    (tmp_path / "mlflow.db").rename(tmp_path / "aside")
    (tmp_path / "mlflow.db").mkdir()
    away = recorder(tracking, tmp_path, notes)
    away.began(0, A)
    away.epoch(0, 1, 0.5)
    away.ended(0, "complete", 0.7, "")
    assert not away.finish("FINISHED", study)
    late, missing = [line for line in notes if not line.startswith("recording in MLflow")]
    assert "late" in late
    assert "which the next run delivers" in missing
    (tmp_path / "mlflow.db").rmdir()
    (tmp_path / "aside").rename(tmp_path / "mlflow.db")
    assert recorder(tracking, tmp_path).finish("FINISHED", study)
    assert by_key(tmp_path)["0"].info.status == "FINISHED"


def test_replicates_scores_are_reported_from_epochs(tracking: TrackingStore, tmp_path: Path) -> None:
    plan = study_plan(pruner="wilcoxon", replicates=4)
    made = recorder(tracking, tmp_path, plan=plan)
    made.began(0, A)
    made.epoch(0, 1, 0.3)
    made.ended(0, "complete", 0.7, "")
    assert made.finish("FINISHED", study_of([tried(A, 0.7, steps=[0.6, 0.8])], plan))
    assert set(by_key(tmp_path)["0"].data.metrics) >= {
        "val/balanced_accuracy",
        "replicate/val/balanced_accuracy",
        SCORE,
    }


def test_a_study_that_another_version_recorded_is_left_as_stale_and_recorded_anew(
    tracking: TrackingStore, tmp_path: Path
) -> None:
    study = study_of([tried(A, 0.7, own=True), tried(B, 0.8, steps=[0.5, 0.75])], PLAN)
    first = recorder(tracking, tmp_path)
    first.began(0, A)
    first.epoch(0, 1, 0.25)  # that the storage does not have
    assert first.finish("FINISHED", study)
    before = mlflow_state.runs(tmp_path, "digits")
    mlflow_state.as_before_versions(tmp_path, "digits")
    for _ in range(2):  # the second changes nothing
        assert recorder(tracking, tmp_path).finish("FINISHED", study)
        runs = {run.info.run_id: run for run in mlflow_state.runs(tmp_path, "digits")}
        assert len(runs) == 2 * len(before) == 6
        for old in before:
            kept = runs.pop(old.info.run_id)
            assert kept.data.tags == {**old.data.tags, Tag.STALE: "true"} | {Tag.PROJECTION: ""}
            assert (kept.data.metrics, kept.data.params) == (old.data.metrics, old.data.params)
        assert {run.data.tags[Tag.KEY] for run in runs.values()} == {run.data.tags[Tag.KEY] for run in before}
        assert not any(Tag.STALE in run.data.tags for run in runs.values())
        assert sorted(str(run.data.metrics) for run in runs.values()) == sorted(str(run.data.metrics) for run in before)


def test_epochs_have_the_name_of_the_history_and_scores_that_of_the_metric(
    tracking: TrackingStore, tmp_path: Path
) -> None:
    plan = study_plan(metric="log_loss")
    made = recorder(tracking, tmp_path, plan=plan)
    made.began(0, A)
    made.epoch(0, 1, 0.3)
    assert made.finish("FINISHED", study_of([tried(A, 0.7)], plan))
    (trial,) = mlflow_state.by_role(tmp_path, "digits")["trial"]
    assert trial.data.metrics == {"val/loss": 0.3, "score/val/log_loss": 0.7, "cost/seconds": 10.0}
