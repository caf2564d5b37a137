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
from ablation.core.task import Task
from ablation.core.training.setup import Training
from ablation.recipe.data.digits import Digits
from ablation.recipe.data.prepare import prepare
from ablation.recipe.merge import merged
from ablation.recipe.phased import History, segments
from ablation.recipe.recipe import Recipe
from ablation.stage import OUTCOME, PREDICTIONS, WEIGHTS, Progress, Workspace

BASELINE: Mapping[str, Any] = {
    "data": {"source": "digits", "image_size": 8, "limit": 120, "test_size": 40, "val_size": 30},
    "model": {"backbone": {"name": "small_cnn", "width": 4}, "head": {"name": "linear", "dropout": 0.0}},
    "optimizer": {"name": "adamw", "lr": 3e-3},
    "train": {"epochs": 2, "batch_size": 16},
}
SIZES = (8, 16)
SEED = 7

Patch = Mapping[str, Any]


@dataclass(frozen=True)
class Bench:
    """Decoded digits at two sizes, and a folder in which every stage gets its own."""

    folder: Path
    datasets: Path
    fingerprints: Mapping[int, str]
    device: str = "cpu"

    @classmethod
    def of(cls, folder: Path, datasets: Path) -> Bench:
        found = {size: prepare(Digits(image_size=size), folder, datasets).fingerprint for size in SIZES}
        return cls(folder, datasets, found)

    def task(self, patch: Patch | None = None, replicate: int = 0, member: int = 0) -> dict[str, Any]:
        """What a core is told: the baseline with a patch."""
        recipe = merged(BASELINE, patch or {})
        return {
            "recipe": recipe,
            "epochs": recipe["train"]["epochs"],
            "hands_over": False,
            "seed": SEED,
            "replicate": replicate,
            "member": member,
            "protocol": "fixed_test",
            "fingerprints": {str(size): found for size, found in self.fingerprints.items()},
            "device": self.device,
            "folder": str(self.folder),
        }

    def workspace(self, name: str, checkpoint_seconds: float = 1e9, **inputs: Path) -> Workspace:
        """A workspace in a folder of that name; the checkpoints in it stay when it is asked for again."""
        scratch = self.folder / name
        (scratch / "output").mkdir(parents=True, exist_ok=True)
        return Workspace(scratch / "output", scratch, inputs, self.datasets, checkpoint_seconds)

    def training(self, patch: Patch | None = None, replicate: int = 0, history: History = ()) -> Training:
        """What stays the same while one recipe holds, for a look inside."""
        return Training.prepare(Task.from_json(self.task(patch, replicate)), history, self.datasets)

    def train(self, name: str, patch: Patch | None = None, replicate: int = 0, member: int = 0) -> Trained:
        """Train under a name of its own."""
        return self.run_train(self.task(patch, replicate, member), self.workspace(name))

    def run_train(self, task: Mapping[str, Any], workspace: Workspace, progress: Progress = lambda *_: None) -> Trained:
        execute.execute("train", task, workspace, progress)
        return Trained(workspace.output)

    def train_in_parts(self, name: str, patch: Patch) -> list[Trained]:
        """The same training cut where its phases begin, each part in a workspace of its own."""
        task, found = self.task(patch), list[Trained]()
        parts = segments(Recipe.model_validate(task["recipe"]))
        for number, part in enumerate(parts):
            inputs = {"state": found[-1].folder} if found else {}
            told = task | {"recipe": part.model_dump(mode="json"), "hands_over": number < len(parts) - 1}
            found.append(self.run_train(json.loads(json.dumps(told)), self.workspace(f"{name}-{number}", **inputs)))
        return found

    def predict(
        self,
        trained: Trained,
        patch: Patch | None = None,
        replicate: int = 0,
        split: str = "test",
        corruption: Mapping[str, Any] | None = None,
    ) -> Path:
        """Predict a split; the folder of the outcome."""
        workspace = self.workspace(f"{trained.folder.parent.name}-{split}", weights=trained.folder)
        told = {"split": split, "positive": None, "corruption": corruption}
        execute.execute("predict", self.task(patch, replicate) | told, workspace, lambda *_: None)
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


class StoppedError(Exception):
    """Raised where a process would be killed."""


def stopping_after(last: int) -> Progress:
    """A progress that kills the training in which it is told of this epoch, before its checkpoint."""

    def progress(number: int, metrics: Mapping[str, float]) -> None:
        if number == last:
            raise StoppedError

    return progress


def predictions(folder: Path) -> dict[str, np.ndarray]:
    """The arrays that a prediction left."""
    with np.load(folder / PREDICTIONS) as arrays:
        return dict(arrays)


def assert_equal(one: Trained, other: Trained) -> None:
    """The same history and weights, bit for bit."""
    assert one.history == other.history
    assert same_weights(one.weights, other.weights)


def same_weights(ours: Mapping[str, torch.Tensor], theirs: Mapping[str, torch.Tensor]) -> bool:
    """Whether two state dicts are equal, bit for bit."""
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)
