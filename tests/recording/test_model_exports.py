"""Models are exported by processes of their own, while the table is put on record."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import child_targets
import mlflow_state
import pytest
import torch
from filelock import FileLock, Timeout
from standin_plan import standin_plan
from standin_store import finished
from tiny_experiment import tiny_file

from ablation.core.task import Task
from ablation.experiment.config.file import load
from ablation.experiment.execution.fork_server import process_starter
from ablation.experiment.execution.process import Process, ProcessDiedError, StartProcess
from ablation.experiment.execution.slots import Slots
from ablation.experiment.execution.subprocess_call import call_in_subprocess
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recording import ladder_summary, model_exporter
from ablation.recording.ladder_recorder import LadderRecorder
from ablation.recording.ladder_summary import publishing_models
from ablation.recording.model_exports import Export, ExportError
from ablation.recording.projection import LadderProjection
from ablation.tracking.failure import TrackingUnavailable
from ablation.tracking.ledger import Ledger
from ablation.tracking.names import Tag
from ablation.tracking.store import open_store


def export_to(root: Path, **task: Any) -> Export:
    return Export(f"sqlite:///{root}/mlflow.db", "none", task, (), root / "weights", 2, tuple(sys.path))


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    return Slots(tmp_path / "slots", "cpu", 1)


@pytest.fixture(scope="module")
def start() -> Iterator[StartProcess]:
    with process_starter((), {**os.environ, "PYTHONPATH": str(Path(child_targets.__file__).parent)}) as start:
        yield start


@pytest.fixture
def root(mlflow_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")
    return tmp_path


def test_an_export_sees_no_gpu_and_does_not_look_for_dead_objects(start: StartProcess, tmp_path: Path) -> None:
    assert call_in_subprocess(start, partial(child_targets.export_seen, export_to(tmp_path))) == ("", False)


@pytest.mark.slow
def test_what_cannot_be_exported_is_told_with_its_reason_first(start: StartProcess, tmp_path: Path) -> None:
    def exported(error: Exception) -> None:
        call_in_subprocess(start, partial(child_targets.export_failing, error, export_to(tmp_path)))

    with pytest.raises(ExportError) as caught:
        exported(ValueError("a layer of yours"))
    assert str(caught.value).splitlines()[0] == "a model could not be exported: ValueError: a layer of yours"
    with pytest.raises(TrackingUnavailable, match="gone"):
        exported(TrackingUnavailable("gone"))


def stopped_at(monkeypatch: pytest.MonkeyPatch, name: str, seen: list[object], told: Callable[..., object]) -> None:
    """Have a function tell what it sees and go no further."""

    def stop(*given: object) -> object:
        seen.append(told(*given))
        raise ValueError("far enough")

    monkeypatch.setattr(name, stop)


def test_it_computes_on_the_cpu_whatever_the_training_ran_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    stopped_at(monkeypatch, "ablation.core.task.Task.from_json", seen, lambda raw: raw["device"])
    with pytest.raises(ValueError, match="far enough"):
        model_exporter.publish_model(export_to(tmp_path, device="cuda:0"))
    assert seen == ["cpu"]


def test_it_computes_with_one_thread_whatever_the_training_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    task = SimpleNamespace(recipe=load(tiny_file(tmp_path), ["train.threads=2"]).baseline)
    monkeypatch.setattr(Task, "from_json", lambda raw: SimpleNamespace(trained_under=lambda history: task))
    monkeypatch.setattr("ablation.tracking.record.RunRecord.of", lambda uri, run_id: None)
    stopped_at(
        monkeypatch, "ablation.core.prediction.predict.trained_model", seen, lambda *given: torch.get_num_threads()
    )
    with pytest.raises(ValueError, match="far enough"):
        model_exporter.publish_model(export_to(tmp_path))
    assert seen == [1]


def test_the_users_own_components_are_found(root: Path) -> None:
    plan = standin_plan(variants=2, replicates=1)
    stage = plan.stages[plan.runs[0].test]
    plan.stages[stage.address] = replace(stage, task={**stage.task, "folder": "/home/one/experiments"})  # type: ignore[index]
    export = projected(plan, root).wanted_export(plan.runs[0])
    assert export is not None
    assert export.path[0] == "/home/one/experiments"


class Told:
    """In the place of a call elsewhere."""

    def __init__(self, told: list[str], start: StartProcess, call: Callable[[], None]) -> None:
        self._told = told
        told.append("begun")

    def result(self) -> None:
        self._told.append("done")

    def close(self) -> None:
        self._told.append("closed")


def projected(plan: Plan, root: Path) -> LadderProjection:
    """A finished plan on record."""
    projection = LadderProjection(plan, finished(plan, root), Ledger.open(open_store(root), plan.name))
    for run in plan.runs:
        projection.deliver(run)
    return projection


def is_free(slots: Slots) -> bool:
    """Whether a latency could be measured now."""
    try:
        with FileLock(slots.folder / "cpu-beside.lock", timeout=0):
            return True
    except Timeout:
        return False


def test_models_are_made_while_the_rest_is_published_and_no_latency_is_measured_beside_them(
    root: Path, slots: Slots, start: StartProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(ladder_summary, "SubprocessCall", partial(Told, told))
    plan = standin_plan(variants=3, replicates=2)
    with publishing_models(projected(plan, root), plan, start, slots):
        assert not is_free(slots)
        told.append("published")
    assert told == ["begun", "begun", "published", "done", "done", "closed", "closed"]
    assert is_free(slots)


def test_a_process_that_cannot_be_started_is_an_export_that_failed(root: Path, slots: Slots) -> None:
    def start(target: str) -> Process:
        raise ProcessDiedError("twice")

    plan = standin_plan(variants=2, replicates=1)
    publishing = publishing_models(projected(plan, root), plan, start, slots)
    with pytest.raises(ExportError, match="twice"):
        publishing.__enter__()
    assert is_free(slots)


def test_where_publishing_fails_nobody_waits_for_models(
    root: Path, slots: Slots, start: StartProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(ladder_summary, "SubprocessCall", partial(Told, told))
    plan = standin_plan(variants=2, replicates=1)
    with pytest.raises(KeyboardInterrupt), publishing_models(projected(plan, root), plan, start, slots):
        raise KeyboardInterrupt
    assert told == ["begun", "begun", "closed", "closed"]


def test_a_model_that_fails_does_not_keep_the_other_from_being_made(
    root: Path, slots: Slots, start: StartProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    class First(Told):
        def result(self) -> None:
            super().result()
            if told.count("done") == 1:
                raise ExportError("no luck")

    monkeypatch.setattr(ladder_summary, "SubprocessCall", partial(First, told))
    plan = standin_plan(variants=2, replicates=1)
    with pytest.raises(ExportError, match="no luck"), publishing_models(projected(plan, root), plan, start, slots):
        pass
    assert told == ["begun", "begun", "done", "done", "closed", "closed"]


def test_a_run_that_was_not_delivered_or_has_its_model_wants_none(root: Path) -> None:
    plan = standin_plan(variants=2, replicates=1)
    projection = projected(plan, root)
    first, last = plan.runs[0], plan.runs[-1]
    assert projection.wanted_export(first) is not None
    projection.record_of(first).tag({Tag.MODEL: "models:/m-1"})
    assert projection.wanted_export(first) is None
    other = LadderProjection(plan, ContentStore(root), Ledger.open(open_store(root), "another"))
    assert other.wanted_export(last) is None


def test_a_process_that_dies_makes_the_record_late_and_leaves_the_ladder_finished(
    root: Path, slots: Slots, start: StartProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, said = standin_plan(variants=2, replicates=1), list[str]()
    store = finished(plan, root)
    monkeypatch.setattr(ladder_summary, "export_model", child_targets.die)

    def publish(projection: LadderProjection) -> None:
        with publishing_models(projection, plan, start, slots):
            pass

    recorder = LadderRecorder(plan, set(plan.stages), store, open_store(root), said.append)
    recorder.start()
    assert not recorder.finish("FINISHED", publish)
    (late,) = [line for line in said if not line.startswith("recording in MLflow")]
    assert "which the next run delivers" in late
    assert "has died" in late
    assert mlflow_state.statuses(root, "standin").keys() == {"FINISHED"}
    mlflow_state.assert_whole(root, plan)
    again = LadderRecorder(plan, set(plan.stages), store, open_store(root), said.append)
    again.start()
    assert again.finish("FINISHED", lambda projection: None)
