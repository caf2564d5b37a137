"""The state of a training: what changes during it, how a phase continues it, and its checkpoints.

A checkpoint holds the whole state, so that a resumed training ends with the same weights.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from ablation.recipe.model import Classifier

Saved = Mapping[str, Any]
"""A state as plain tensors and numbers."""

_WITH_STATE = ("model", "average", "optimizer", "schedule", "scaler")


@dataclass
class TrainState:
    """The state of a training between two epochs.

    Args:
        average: moving average of the model's weights; None where the recipe has none.
        best: weights of the best epoch since the phase began; None where the recipe keeps the last.
        time: seconds so far by kind of work, over all attempts; see ``ablation.core.timing``.
        history: one record of metrics an epoch.
    """

    model: Classifier
    average: AveragedModel | None
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    scaler: torch.amp.GradScaler
    best: Mapping[str, Tensor] | None
    time: Mapping[str, float]
    history: list[dict[str, float]]

    @property
    def eval_model(self) -> Classifier:
        """The model that validates and predicts: the average if there is one."""
        return self.model if self.average is None else cast("Classifier", self.average.module)

    def saved(self) -> Saved:
        """The whole state, for ``load``."""
        parts = {name: part.state_dict() for name in _WITH_STATE if (part := getattr(self, name)) is not None}
        return parts | {"best": self.best, "time": self.time, "history": self.history}

    def load(self, saved: Saved) -> None:
        """Load a saved state; this one was made with the recipe that the saved one was last trained with."""
        for name in _WITH_STATE:
            if (part := getattr(self, name)) is not None:
                part.load_state_dict(saved[name])
        self.best, self.time, self.history = saved["best"], saved["time"], list(saved["history"])

    def begin_phase_from(self, before: TrainState, keep_moments: bool) -> None:
        """Continue from the end of the previous phase, with this state's new optimizer and schedule.

        With ``keep_moments`` the optimizer's state of each weight is copied, if the optimizer is of the same type.
        """
        self.model.load_state_dict(before.model.state_dict())
        if self.average is not None and before.average is not None:
            self.average.load_state_dict(before.average.state_dict())
        self.scaler.load_state_dict(before.scaler.state_dict())
        if keep_moments and type(self.optimizer) is type(before.optimizer):
            _copy_moments(self, before)
        self.best, self.time, self.history = None, before.time, before.history


def _copy_moments(state: TrainState, before: TrainState) -> None:
    moments = {
        name: before.optimizer.state[weight]
        for name, weight in before.model.named_parameters()
        if weight in before.optimizer.state
    }
    trained = {id(weight) for group in state.optimizer.param_groups for weight in group["params"]}
    for name, weight in state.model.named_parameters():
        if name in moments and id(weight) in trained:
            state.optimizer.state[weight] = moments[name]


class Checkpoint:
    """The checkpoint file of one training, written at most every ``seconds`` by ``save_if_due``."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._path = folder / "checkpoint.pt"
        self._seconds = seconds
        self._saved = time.monotonic()

    def last(self) -> Saved | None:
        """The state at the last checkpoint; None without a checkpoint."""
        return read_state(self._path) if self._path.exists() else None

    def save_if_due(self, state: TrainState) -> None:
        """Write the checkpoint if the last one is at least ``seconds`` old."""
        if time.monotonic() - self._saved >= self._seconds:
            self.save(state)

    def save(self, state: TrainState) -> None:
        """Write the checkpoint now."""
        write_state(state, self._path)
        self._saved = time.monotonic()


def read_state(path: Path) -> Saved:
    """Read a state that ``write_state`` wrote, onto the CPU."""
    saved: Saved = torch.load(path, map_location="cpu", weights_only=True)
    return saved


def write_state(state: TrainState, path: Path) -> None:
    """Write a state atomically: a crash keeps the file that was there."""
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        torch.save(state.saved(), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
