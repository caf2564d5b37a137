"""A model is exported on the CPU by one thread, and a failure carries its reason."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import child_targets
import pytest
import torch
from tiny_experiment import tiny_file

from ablation.core.task import Task
from ablation.experiment.config.file import load
from ablation.experiment.execution.process import StartProcess
from ablation.experiment.execution.subprocess_call import call_in_subprocess
from ablation.recording import model_exporter
from ablation.recording.model_exports import Export, ExportError
from ablation.tracking.failure import TrackingUnavailable


def export_to(root: Path, **task: Any) -> Export:
    return Export(f"sqlite:///{root}/mlflow.db", "none", task, (), root / "weights", 2, tuple(sys.path))


def stopped_at(monkeypatch: pytest.MonkeyPatch, name: str, seen: list[object], told: Callable[..., object]) -> None:
    """Have a function tell what it sees and go no further."""

    def stop(*given: object) -> object:
        seen.append(told(*given))
        raise ValueError("far enough")

    monkeypatch.setattr(name, stop)


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
    stopped_at(monkeypatch, "ablation.core.prediction.trained_model", seen, lambda *given: torch.get_num_threads())
    with pytest.raises(ValueError, match="far enough"):
        model_exporter.publish_model(export_to(tmp_path))
    assert seen == [1]
