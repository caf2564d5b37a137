"""The torch core behind the protocol of ``ablation.stage``: it trains, predicts and measures latency."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from ablation.core.device import configured
from ablation.core.input.corruption import corrupted_images
from ablation.core.input.pixels import Pixels
from ablation.core.prediction import mean_predictions, postprocessed, probabilities, trained_model
from ablation.core.profiling.latency import latency
from ablation.core.task import Task
from ablation.core.timing import WorkTimer, training_seconds
from ablation.core.training.loop import has_diverged, train
from ablation.core.training.state import write_state
from ablation.core.versions import versions
from ablation.metrics.predictions import Predictions
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.inference import Predictor
from ablation.recipe.phased import phase_at
from ablation.stage import OUTCOME, PREDICTIONS, STATE, WEIGHTS, Progress, StageKind, Workspace

Description = Mapping[str, Any]
_StageWork = Callable[[Description, Workspace, Progress], Mapping[str, Any]]
"""Writes its files to the workspace and returns the results for ``outcome.json``."""


def execute(kind: StageKind, task: Description, workspace: Workspace, progress: Progress) -> None:
    """Do one stage; see ``ablation.stage.Core``."""
    outcome = _WORK[kind](task, workspace, progress)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.empty_cache()  # another process on this GPU may need what the allocator caches
    (workspace.output / OUTCOME).write_text(json.dumps(outcome))


def _train(task: Description, workspace: Workspace, progress: Progress) -> Mapping[str, Any]:
    whole = Task.from_json(task)
    trained = train(whole, workspace, progress)
    state, history, seconds = trained.state, trained.state.history, training_seconds(trained.time)
    if task["hands_over"]:
        write_state(state, workspace.output / STATE)
    else:
        weights = state.best or state.eval_model.state_dict()
        save_file({name: tensor.contiguous().cpu() for name, tensor in weights.items()}, workspace.output / WEIGHTS)
    return {
        "recipe": whole.trained_under(history).recipe.model_dump(mode="json"),
        "phase": phase_at(whole.recipe, history[:-1]),
        "seconds": seconds,
        "time": trained.time,
        "epochs": trained.epochs,
        "images": trained.images,
        "images_per_second": trained.images / seconds if trained.images else None,
        "peak_memory_mb": trained.peak_memory_mb,
        "diverged": has_diverged(history),
        "history": history,
        "made_with": _made_with(whole.fingerprints.values()),
    }


def _predict(task: Description, workspace: Workspace, progress: Progress) -> Mapping[str, Any]:
    history = _read(workspace.inputs["weights"])["history"]
    now = Task.from_json(task).trained_under(history)  # a phase that begins after the last epoch trains nothing
    dataset, split = now.data(workspace.datasets)
    ids = getattr(split, task["split"])
    images, positions = dataset.images, ids
    if task["corruption"] is not None:
        settings = CorruptionSettings.choose(task["corruption"])
        images, positions = corrupted_images(dataset.images, ids, settings, now.streams.seed), np.arange(len(ids))
    with configured(now.recipe.train):
        model = trained_model(now, workspace.inputs["weights"] / WEIGHTS, len(split.classes))
        predictor = Predictor.of(model, now.recipe.data, now.recipe.inference).to(now.device)
        timer, pixels = WorkTimer(now.device), Pixels(images, now.device)
        rows = probabilities(predictor, pixels, positions, now.recipe.inference.batch_size)
        timer.mark("evaluation")
    predictions = Predictions.of(rows, split.labels[ids], ids)
    return _save_predictions(predictions, task, workspace, [dataset.fingerprint]) | {"time": timer.collect()}


def _average(task: Description, workspace: Workspace, progress: Progress) -> Mapping[str, Any]:
    members = [Predictions.load(folder / PREDICTIONS) for folder in workspace.inputs.values()]
    return _save_predictions(mean_predictions(members), task, workspace, _data_of(workspace))


def _adjust(task: Description, workspace: Workspace, progress: Progress) -> Mapping[str, Any]:
    val, predictions = (Predictions.load(workspace.inputs[role] / PREDICTIONS) for role in ("val", "predictions"))
    changed, chosen = postprocessed(predictions, val, task["calibration"], task["threshold"], task["positive"])
    return _save_predictions(changed, task, workspace, _data_of(workspace)) | chosen


def _latency(task: Description, workspace: Workspace, progress: Progress) -> Mapping[str, Any]:
    return latency(Task.from_json(task), task["classes"])


_WORK: Mapping[StageKind, _StageWork] = {
    "train": _train,
    "predict": _predict,
    "average": _average,
    "adjust": _adjust,
    "latency": _latency,
}


def _save_predictions(
    predictions: Predictions, task: Description, workspace: Workspace, fingerprints: Iterable[str]
) -> dict[str, Any]:
    """Write predictions to the workspace and return the results for ``outcome.json``."""
    predictions.save(workspace.output / PREDICTIONS)
    return {
        "split": task["split"],
        "images": len(predictions.ids),
        "metrics": predictions.metrics(task["positive"]),
        "made_with": _made_with(fingerprints),
    }


def _made_with(fingerprints: Iterable[str]) -> Mapping[str, str]:
    """``made_with`` of an outcome, see ``ablation.stage.OUTCOME``; without fingerprints it has no ``data``."""
    data = " ".join(sorted(set(fingerprints)))
    return {**versions(), "data": data} if data else versions()


def _data_of(workspace: Workspace) -> list[str]:
    """Fingerprints of the data sets behind this stage's inputs; outcomes of older versions may have none."""
    data = [_read(folder).get("made_with", {}).get("data", "") for folder in workspace.inputs.values()]
    return " ".join(data).split()


def _read(folder: Path) -> Mapping[str, Any]:
    outcome: Mapping[str, Any] = json.loads((folder / OUTCOME).read_text())
    return outcome
