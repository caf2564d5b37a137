"""Small stages of the real core on the digits: each training takes a fraction of a second."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from ablation.core import execute
from ablation.core.stage import OUTCOME, PREDICTIONS, WEIGHTS, Progress, Workspace
from ablation.core.task import Task
from ablation.core.train import Training
from ablation.recipe.data.digits import Digits
from ablation.recipe.data.prepare import prepare
from ablation.recipe.merge import merged

BASELINE: Mapping[str, Any] = {
    "data": {"source": "digits", "image_size": 16, "limit": 150, "test_size": 40, "val_size": 30},
    "model": {"backbone": {"name": "small_cnn", "width": 4}, "head": {"name": "linear", "dropout": 0.0}},
    "optimizer": {"name": "adamw", "lr": 3e-3},
    "train": {"epochs": 2, "batch_size": 16},
}


@dataclass(frozen=True)
class Bench:
    """Decoded digits, and a folder in which every stage gets its own."""

    folder: Path
    datasets: Path
    fingerprint: str
    device: str = "cpu"

    @classmethod
    def of(cls, folder: Path, datasets: Path) -> Bench:
        found = prepare(Digits(source="digits", image_size=16), folder, datasets)
        return cls(folder, datasets, found.fingerprint)

    def task(self, patch: Mapping[str, Any] | None = None, replicate: int = 0) -> dict[str, Any]:
        """What a core is told: the baseline with a patch."""
        return {
            "recipe": merged(BASELINE, patch or {}),
            "seed": 7,
            "replicate": replicate,
            "protocol": "fixed_test",
            "fingerprint": self.fingerprint,
            "device": self.device,
            "folder": str(self.folder),
        }

    def workspace(self, name: str, weights: Path | None = None, checkpoint_seconds: float = 1e9) -> Workspace:
        """A workspace in a folder of that name; the checkpoints in it stay when it is asked for again."""
        scratch = self.folder / name
        (scratch / "output").mkdir(parents=True, exist_ok=True)
        inputs = {"weights": weights} if weights else {}
        return Workspace(scratch / "output", scratch, inputs, self.datasets, checkpoint_seconds)

    def training(self, patch: Mapping[str, Any] | None = None, replicate: int = 0) -> Training:
        """What stays the same during a training, for a look inside."""
        task = Task.from_json(self.task(patch, replicate))
        return Training.prepare(task, *task.data(self.datasets))

    def train(self, name: str, patch: Mapping[str, Any] | None = None, replicate: int = 0) -> Trained:
        """Train under a name of its own."""
        return self.run_train(self.task(patch, replicate), self.workspace(name))

    def run_train(self, task: Mapping[str, Any], workspace: Workspace, progress: Progress = lambda *_: None) -> Trained:
        execute.execute("train", task, workspace, progress)
        return Trained(workspace.output)

    def predict(
        self, trained: Trained, patch: Mapping[str, Any] | None = None, replicate: int = 0, split: str = "test"
    ) -> Path:
        """Predict a split; the folder of the outcome."""
        workspace = self.workspace(f"{trained.folder.parent.name}-{split}", weights=trained.folder)
        execute.execute("predict", self.task(patch, replicate) | {"split": split}, workspace, lambda *_: None)
        return workspace.output


@dataclass(frozen=True)
class Trained:
    """The folder of a finished training."""

    folder: Path

    @property
    def outcome(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / OUTCOME).read_text())
        return found

    @property
    def history(self) -> list[dict[str, float]]:
        return list(self.outcome["history"])

    @property
    def weights(self) -> dict[str, torch.Tensor]:
        return load_file(self.folder / WEIGHTS)


def predictions(folder: Path) -> dict[str, np.ndarray]:
    """The arrays that a prediction left."""
    with np.load(folder / PREDICTIONS) as arrays:
        return dict(arrays)


def assert_equal(one: Trained, other: Trained) -> None:
    """The same history and weights, bit for bit."""
    assert one.history == other.history
    assert same_weights(one, other)


def same_weights(one: Trained, other: Trained) -> bool:
    ours, theirs = one.weights, other.weights
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)
