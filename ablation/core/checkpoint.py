"""Checkpoints: everything a training needs to go on as if it had never stopped."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn


@dataclass
class TrainState:
    """What changes during a training.

    Args:
        model, optimizer, schedule, scaler: torch objects with a state of their own.
        epoch: epochs finished.
        seconds: time spent training so far, over all attempts.
        history: one record of metrics an epoch.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    scaler: torch.amp.GradScaler
    epoch: int
    seconds: float
    history: list[dict[str, float]]


class Checkpoint:
    """The checkpoint file of one training, written at most every ``seconds``."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._path = folder / "checkpoint.pt"
        self._seconds = seconds
        self._saved = time.monotonic()

    def resume(self, state: TrainState) -> None:
        """Bring ``state`` to the last checkpoint, if there is one."""
        if not self._path.exists():
            return
        saved: dict[str, Any] = torch.load(self._path, map_location="cpu", weights_only=True)
        for name in ("model", "optimizer", "schedule", "scaler"):
            getattr(state, name).load_state_dict(saved[name])
        state.epoch, state.seconds, state.history = saved["epoch"], saved["seconds"], saved["history"]

    def save_if_due(self, state: TrainState) -> None:
        """Write the checkpoint when the last one is old enough; a crash while writing leaves the old one."""
        if time.monotonic() - self._saved < self._seconds:
            return
        saved: dict[str, Any] = {
            name: getattr(state, name).state_dict() for name in ("model", "optimizer", "schedule", "scaler")
        }
        saved |= {"epoch": state.epoch, "seconds": state.seconds, "history": state.history}
        draft = self._path.with_suffix(".draft")
        with draft.open("wb") as file:
            torch.save(saved, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        self._saved = time.monotonic()
