"""A core without torch behind the same protocol: fast, deterministic, and with checkpoints that must be right.

Its "weights" are a chain of hashes, one link an epoch, so that an epoch lost, repeated or resumed wrongly shows.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from ablation.core.stage import OUTCOME, PREDICTIONS, WEIGHTS, Progress, StageKind, Workspace


def execute(kind: StageKind, task: Mapping[str, Any], workspace: Workspace, progress: Progress) -> None:
    if task.get("fail"):
        raise ValueError(task["fail"])
    if kind == "train":
        _train(task, workspace, progress)
    elif kind == "predict":
        _predict(task, workspace)
    else:
        _write(workspace, {"parameters": 10, "latency_ms_1": 1.5, "latency_ms_64": 0.25})


def _train(task: Mapping[str, Any], workspace: Workspace, progress: Progress) -> None:
    checkpoint = workspace.scratch / "checkpoint.json"
    link, history = hashlib.sha256(task["salt"].encode()).hexdigest(), []
    if checkpoint.exists():
        saved = json.loads(checkpoint.read_text())
        link, history = saved["link"], saved["history"]
    epochs = task["recipe"]["train"]["epochs"]
    while len(history) < epochs:
        time.sleep(task["pause"])
        link = hashlib.sha256(link.encode()).hexdigest()
        value = int(link[:8], 16) / 2**32
        record = {"epoch": len(history) + 1, "lr": 0.1, "train/loss": value, "train/accuracy": value}
        history.append(record | {"val/loss": value, "val/accuracy": value})
        progress(len(history), history[-1])
        draft = checkpoint.with_suffix(".draft")
        draft.write_text(json.dumps({"link": link, "history": history}))
        draft.replace(checkpoint)
    (workspace.output / WEIGHTS).write_text(link)
    with (workspace.output.parents[2] / "trained.log").open("a") as log:
        log.write(f"{task['salt']}\n")
    images = epochs * 10
    _write(workspace, {"seconds": 1.0, "epochs": epochs, "images": images, "diverged": False, "history": history})


def _predict(task: Mapping[str, Any], workspace: Workspace) -> None:
    link = (workspace.inputs["weights"] / WEIGHTS).read_text()
    seed = int(hashlib.sha256(f"{link}{task['split']}".encode()).hexdigest()[:8], 16)
    scores = np.random.default_rng(seed).random((40, 3)).astype(np.float32)
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    labels = np.arange(40) % 3
    np.savez(workspace.output / PREDICTIONS, probabilities=probabilities, labels=labels, ids=np.arange(40))
    accuracy = float((probabilities.argmax(1) == labels).mean())
    names = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss")
    _write(workspace, {"split": task["split"], "images": 40, "metrics": dict.fromkeys(names, accuracy)})


def _write(workspace: Workspace, outcome: Mapping[str, Any]) -> None:
    (workspace.output / OUTCOME).write_text(json.dumps(outcome))
