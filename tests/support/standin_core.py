"""A core without torch behind the same protocol: fast, deterministic, and with checkpoints that must be right.

Its "weights" are a chain of hashes, one link an epoch, so that an epoch lost, repeated or resumed wrongly shows.
``trained.log`` in the store's folder has a line for each training brought to its end, ``attempts.log`` one for each
that was started. A task may name its ``score``: epochs then come halfway nearer to it from 0 each time, and its
predictions are said to have it.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ablation.stage import OUTCOME, PREDICTIONS, WEIGHTS, Progress, StageKind, Stopped, Workspace

MADE_WITH = {"python": "3.11", "numpy": "2.0", "torch": "2.0", "torchvision": "0.20", "data": "f" * 64}
"""What its outcomes say they were made with."""


def execute(kind: StageKind, task: Mapping[str, Any], workspace: Workspace, progress: Progress) -> None:
    if kind == "train":
        _trouble(task, workspace.datasets.parent)
        _train(task, workspace, progress)
    elif kind == "predict":
        _predict(task, workspace)
    else:
        _write(workspace, {"parameters": 10, "latency_ms_1": 1.5, "latency_ms_64": 0.25})


def _trouble(task: Mapping[str, Any], root: Path) -> None:
    """What goes wrong in the first attempts at a training: ``error:2``, ``memory:1``, ``death:3``."""
    attempts = root / "attempts.log"
    _append(attempts, task["salt"])
    what, _, times = task["fail"].partition(":")
    if not what or attempts.read_text().splitlines().count(task["salt"]) > int(times):
        return
    if what == "death":
        os.kill(os.getpid(), signal.SIGKILL)
    raise MemoryError("no room") if what == "memory" else ValueError("no luck")


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
        if "score" in task:
            value = task["score"] * (1 - 0.5 ** (len(history) + 1))
        record = {"epoch": len(history) + 1, "lr": 0.1, "train/loss": value, "train/accuracy": value}
        history.append(record | {"val/loss": value, "val/accuracy": value})
        saved = json.dumps({"link": link, "history": history})
        try:
            progress(len(history), history[-1])
        except Stopped:
            _replace(checkpoint, saved)
            raise
        _replace(checkpoint, saved)
    (workspace.output / WEIGHTS).write_text(link)
    _append(workspace.datasets.parent / "trained.log", task["salt"])
    images = epochs * 10
    costs = {"seconds": 1.0, "images_per_second": float(images), "peak_memory_mb": 100.0}
    recipe = {"recipe": task["recipe"], "phase": None, "made_with": MADE_WITH}
    _write(workspace, recipe | costs | {"epochs": epochs, "images": images, "diverged": False, "history": history})


def _predict(task: Mapping[str, Any], workspace: Workspace) -> None:
    link = (workspace.inputs["weights"] / WEIGHTS).read_text()
    seed = int(hashlib.sha256(f"{link}{task['split']}".encode()).hexdigest()[:8], 16)
    scores = np.random.default_rng(seed).random((40, 3)).astype(np.float32)
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    labels = np.arange(40) % 3
    decisions = probabilities.argmax(1)
    arrays = {"probabilities": probabilities, "decisions": decisions, "labels": labels, "ids": np.arange(40)}
    np.savez(workspace.output / PREDICTIONS, **arrays)
    accuracy = task.get("score", float((probabilities.argmax(1) == labels).mean()))
    names = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss")
    metrics = dict.fromkeys(names, accuracy)
    _write(workspace, {"split": task["split"], "images": 40, "metrics": metrics, "made_with": MADE_WITH})


def _replace(file: Path, text: str) -> None:
    draft = file.with_suffix(".draft")
    draft.write_text(text)
    draft.replace(file)


def _append(log: Path, line: str) -> None:
    with log.open("a") as file:
        file.write(f"{line}\n")


def _write(workspace: Workspace, outcome: Mapping[str, Any]) -> None:
    (workspace.output / OUTCOME).write_text(json.dumps(outcome))
