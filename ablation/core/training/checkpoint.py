"""Checkpoints: everything a training needs to go on as if it had never stopped."""

from __future__ import annotations

import os
import time
from pathlib import Path

import torch

from ablation.core.training.state import Saved, TrainState


class Checkpoint:
    """The checkpoint file of one training, written at most every ``seconds`` unless asked for."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._path = folder / "checkpoint.pt"
        self._seconds = seconds
        self._saved = time.monotonic()

    def last(self) -> Saved | None:
        """The state at the last checkpoint, if there is one."""
        return read_state(self._path) if self._path.exists() else None

    def save_if_due(self, state: TrainState) -> None:
        """Write the checkpoint when the last one is old enough."""
        if time.monotonic() - self._saved >= self._seconds:
            self.save(state)

    def save(self, state: TrainState) -> None:
        """Write the checkpoint now."""
        write_state(state, self._path)
        self._saved = time.monotonic()


def read_state(path: Path) -> Saved:
    """A state that ``write_state`` wrote."""
    saved: Saved = torch.load(path, map_location="cpu", weights_only=True)
    return saved


def write_state(state: TrainState, path: Path) -> None:
    """Write a state; a crash meanwhile leaves what was there."""
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        torch.save(state.saved(), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
