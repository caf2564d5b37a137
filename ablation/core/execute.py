"""The torch core behind the protocol of ``ablation.core.stage``: it trains, predicts and measures latency."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save_file

from ablation.core import metrics
from ablation.core.device import configured
from ablation.core.latency import latency
from ablation.core.predict import probabilities, trained_model
from ablation.core.stage import OUTCOME, PREDICTIONS, WEIGHTS, Progress, StageKind, Workspace
from ablation.core.task import Task
from ablation.core.train import train
from ablation.recipe.inference import Predictor


def execute(kind: StageKind, task: Mapping[str, Any], workspace: Workspace, progress: Progress) -> None:
    """Do one stage; see ``ablation.core.stage.Core``."""
    parsed = Task.from_json(task)
    if kind == "train":
        _train(parsed, workspace, progress)
    elif kind == "predict":
        _predict(parsed, task["split"], workspace)
    else:
        _write(workspace.output, latency(parsed, task["classes"]))


def _train(task: Task, workspace: Workspace, progress: Progress) -> None:
    trained = train(task, workspace, progress)
    weights = {name: tensor.contiguous().cpu() for name, tensor in trained.model.state_dict().items()}
    save_file(weights, workspace.output / WEIGHTS)
    outcome = {
        "seconds": trained.seconds,
        "epochs": len(trained.history),
        "images": trained.images,
        "diverged": trained.diverged,
        "history": trained.history,
    }
    _write(workspace.output, outcome)


def _predict(task: Task, split: str, workspace: Workspace) -> None:
    dataset, division = task.data(workspace.datasets)
    ids = getattr(division, split)
    labels = division.labels[ids]
    with configured(task.recipe.train):
        model = trained_model(task, workspace.inputs["weights"] / WEIGHTS, len(division.classes))
        predictor = Predictor.of(model, task.recipe.data, task.recipe.inference).to(task.device)
        found = probabilities(predictor, dataset, ids, task.device, task.recipe.inference.batch_size)
    np.savez(workspace.output / PREDICTIONS, probabilities=found, labels=labels, ids=ids)
    measured = metrics.evaluate(tuple(metrics.METRICS), found, labels)
    _write(workspace.output, {"split": split, "images": len(ids), "metrics": measured})


def _write(folder: Path, outcome: Mapping[str, Any]) -> None:
    (folder / OUTCOME).write_text(json.dumps(outcome))
