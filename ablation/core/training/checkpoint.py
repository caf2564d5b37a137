"""Checkpoints: the whole state of a training, so that a resumed training ends with the same weights."""

import os
import time
from pathlib import Path

import torch

from ablation.core.training.state import Saved, TrainState


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
