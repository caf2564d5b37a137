"""The torch core behind the protocol of ``ablation.stage``: it trains, predicts and measures latency."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from ablation.core.device import configured
from ablation.core.input.corruption import corrupted
from ablation.core.input.pixels import Pixels
from ablation.core.prediction.postprocess import adjusted, averaged
from ablation.core.prediction.predict import probabilities, trained_model
from ablation.core.profiling.latency import latency
from ablation.core.task import Task
from ablation.core.timing import Clock
from ablation.core.training.checkpoint import write_state
from ablation.core.training.loop import train
from ablation.core.versions import versions
from ablation.metrics.predictions import Predictions
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.inference import Predictor
from ablation.recipe.phased import phase_at
from ablation.stage import OUTCOME, PREDICTIONS, STATE, WEIGHTS, Progress, StageKind, Workspace

Description = Mapping[str, Any]
Work = Callable[[Description, Workspace, Progress], Mapping[str, Any]]
"""Leaves its files in the workspace and gives the outcome's figures."""


def execute(kind: StageKind, task: Description, workspace: Workspace, progress: Progress) -> None:
    """Do one stage; see ``ablation.stage.Core``."""
    outcome = _WORK[kind](task, workspace, progress)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.empty_cache()  # what this process keeps for itself, a stage beside it may need
    (workspace.output / OUTCOME).write_text(json.dumps(outcome))


def _train(task: Description, workspace: Workspace, progress: Progress) -> Mapping[str, Any]:
    whole = Task.from_json(task)
    trained = train(whole, workspace, progress)
    history = trained.state.history
    if task["hands_over"]:
        write_state(trained.state, workspace.output / STATE)
    else:
        weights = {name: tensor.contiguous().cpu() for name, tensor in trained.weights.items()}
        save_file(weights, workspace.output / WEIGHTS)
    return {
        "recipe": whole.trained_under(history).recipe.model_dump(mode="json"),
        "phase": phase_at(whole.recipe, history[:-1]),
        "seconds": trained.seconds,
        "time": trained.time,
        "epochs": trained.epochs,
        "images": trained.images,
        "images_per_second": trained.images_per_second,
        "peak_memory_mb": trained.peak_memory_mb,
        "diverged": trained.diverged,
        "history": history,
        "made_with": _made_with(whole.fingerprints.values()),
    }


def _predict(task: Description, workspace: Workspace, progress: Progress) -> Mapping[str, Any]:
    history = _read(workspace.inputs["weights"])["history"]
    now = Task.from_json(task).trained_under(history)  # a phase may begin with the last epoch, and train none
    dataset, split = now.data(workspace.datasets)
    ids = getattr(split, task["split"])
    images, places = dataset.images, ids
    if task["corruption"] is not None:
        settings = CorruptionSettings.choose(task["corruption"])
        images, places = corrupted(dataset.images, ids, settings, now.streams.seed), np.arange(len(ids))
    with configured(now.recipe.train):
        model = trained_model(now, workspace.inputs["weights"] / WEIGHTS, len(split.classes))
        predictor = Predictor.of(model, now.recipe.data, now.recipe.inference).to(now.device)
        clock, pixels = Clock(now.device), Pixels.on_disk(images, now.device)
        found = probabilities(predictor, pixels, places, now.recipe.inference.batch_size)
        clock.mark("evaluation")
    predictions = Predictions.of(found, split.labels[ids], ids)
    return _kept(predictions, task, workspace, [dataset.fingerprint]) | {"time": clock.collect()}


def _average(task: Description, workspace: Workspace, progress: Progress) -> Mapping[str, Any]:
    members = [Predictions.load(folder / PREDICTIONS) for folder in workspace.inputs.values()]
    return _kept(averaged(members), task, workspace, _data_of(workspace))


def _adjust(task: Description, workspace: Workspace, progress: Progress) -> Mapping[str, Any]:
    validation, found = (Predictions.load(workspace.inputs[role] / PREDICTIONS) for role in ("val", "predictions"))
    changed, chosen = adjusted(found, validation, task["calibration"], task["threshold"], task["positive"])
    return _kept(changed, task, workspace, _data_of(workspace)) | chosen


def _latency(task: Description, workspace: Workspace, progress: Progress) -> Mapping[str, Any]:
    return latency(Task.from_json(task), task["classes"])


_WORK: Mapping[StageKind, Work] = {
    "train": _train,
    "predict": _predict,
    "average": _average,
    "adjust": _adjust,
    "latency": _latency,
}


def _kept(found: Predictions, task: Description, workspace: Workspace, data: Iterable[str]) -> dict[str, Any]:
    found.save(workspace.output / PREDICTIONS)
    return {
        "split": task["split"],
        "images": len(found.ids),
        "metrics": found.metrics(task["positive"]),
        "made_with": _made_with(data),
    }


def _made_with(data: Iterable[str]) -> Mapping[str, str]:
    """See ``ablation.stage.OUTCOME``; of the data sets, their fingerprints, without which ``data`` is left out."""
    fingerprints = " ".join(sorted(set(data)))
    return {**versions(), **({"data": fingerprints} if fingerprints else {})}


def _data_of(workspace: Workspace) -> list[str]:
    """The data sets behind the stages that this one reads; those made before outcomes told them tell none."""
    made = [_read(folder).get("made_with", {}) for folder in workspace.inputs.values()]
    return [fingerprint for each in made for fingerprint in each.get("data", "").split()]


def _read(folder: Path) -> Mapping[str, Any]:
    outcome: Mapping[str, Any] = json.loads((folder / OUTCOME).read_text())
    return outcome
