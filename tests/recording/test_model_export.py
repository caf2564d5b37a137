"""Delivered runs without a model get one: on the CPU, by one thread; a failure carries its reason."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import child_targets
import pytest
import torch
from standin_plan import standin_plan
from standin_store import finished
from tiny_experiment import tiny_file

from ablation.core.task import Task
from ablation.experiment.config.file import load
from ablation.experiment.execution.process import StartProcess
from ablation.experiment.execution.subprocess_call import call_in_subprocess
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recording import model_export
from ablation.recording.model_export import Export, ExportError
from ablation.recording.projection import LadderProjection
from ablation.tracking.failure import TrackingUnavailable
from ablation.tracking.ledger import Ledger
from ablation.tracking.names import Tag
from ablation.tracking.record import RunRecord
from ablation.tracking.store import open_store


def export_to(root: Path, **task: Any) -> Export:
    return Export(f"sqlite:///{root}/mlflow.db", "none", task, (), root / "weights", 2, tuple(sys.path))


def stopped_at(monkeypatch: pytest.MonkeyPatch, name: str, seen: list[object], told: Callable[..., object]) -> None:
    """Have a function tell what it sees and go no further."""

    def stop(*given: object) -> object:
        seen.append(told(*given))
        raise ValueError("far enough")

    monkeypatch.setattr(name, stop)


@pytest.mark.slow
def test_an_export_sees_no_gpu_and_does_not_look_for_dead_objects(start: StartProcess, tmp_path: Path) -> None:
    assert call_in_subprocess(start, partial(child_targets.export_seen, export_to(tmp_path))) == ("", False)


@pytest.mark.slow
def test_what_cannot_be_exported_is_reported_with_its_reason_first(start: StartProcess, tmp_path: Path) -> None:
    def exported(error: Exception) -> None:
        call_in_subprocess(start, partial(child_targets.export_failing, error, export_to(tmp_path)))

    with pytest.raises(ExportError) as caught:
        exported(ValueError("a layer of yours"))
    assert str(caught.value).splitlines()[0] == "a model could not be exported: ValueError: a layer of yours"
    with pytest.raises(TrackingUnavailable, match="gone"):
        exported(TrackingUnavailable("gone"))


def test_it_computes_on_the_cpu_whatever_the_training_ran_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    stopped_at(monkeypatch, "ablation.core.task.Task.from_json", seen, lambda raw: raw["device"])
    with pytest.raises(ValueError, match="far enough"):
        model_export.publish_model(export_to(tmp_path, device="cuda:0"))
    assert seen == ["cpu"]


def test_it_computes_with_one_thread_whatever_the_training_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    task = SimpleNamespace(recipe=load(tiny_file(tmp_path), ["train.threads=2"]).baseline)
    monkeypatch.setattr(Task, "from_json", lambda raw: SimpleNamespace(trained_under=lambda history: task))
    monkeypatch.setattr("ablation.tracking.record.RunRecord.of", lambda uri, run_id: None)
    stopped_at(monkeypatch, "ablation.core.prediction.trained_model", seen, lambda *given: torch.get_num_threads())
    with pytest.raises(ValueError, match="far enough"):
        model_export.publish_model(export_to(tmp_path))
    assert seen == [1]


def projected(plan: Plan, root: Path) -> LadderProjection:
    """A finished plan on record."""
    projection = LadderProjection(plan, finished(plan, root), Ledger.open(open_store(root), plan.name))
    for run in plan.runs:
        projection.deliver(run)
    return projection


def test_a_run_that_was_not_delivered_or_has_its_model_wants_none(root: Path) -> None:
    plan = standin_plan(variants=2, replicates=1)
    projection = projected(plan, root)
    first, last = plan.runs[0], plan.runs[-1]
    export = projection.wanted_export(first)
    assert export is not None
    RunRecord.of(export.uri, export.run_id).log(tags={Tag.MODEL: "models:/m-1"})
    assert projection.wanted_export(first) is None
    other = LadderProjection(plan, ContentStore(root), Ledger.open(open_store(root), "another"))
    assert other.wanted_export(last) is None


def test_the_users_own_components_are_found(root: Path) -> None:
    plan = standin_plan(variants=2, replicates=1)
    stage = plan.stages[plan.runs[0].test]
    plan.stages[stage.address] = replace(stage, task={**stage.task, "folder": "/home/one/experiments"})  # type: ignore[index]
    export = projected(plan, root).wanted_export(plan.runs[0])
    assert export is not None
    assert export.path[0] == "/home/one/experiments"
