"""The smallest trainings of the real core: two epochs of two steps on a few digits, about 50 ms each."""

import atexit
import contextlib
import functools
import math
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ablation.core.streams import Streams
from ablation.core.task import Task
from ablation.core.training.loop import train
from ablation.core.training.state import Saved
from ablation.recipe.data.digits import Digits
from ablation.recipe.data.prepare import prepare
from ablation.recipe.merge import merged
from ablation.recipe.recipe import Recipe
from ablation.stage import Progress, Workspace
from ablation.testing.randomness import CPU, drawn_by

BASELINE_VALUES: Mapping[str, Any] = Recipe.model_validate(
    {
        "data": {"source": "digits", "image_size": 8, "limit": 60},
        "model": {"backbone": {"name": "small_cnn", "width": 4}, "head": {"name": "linear", "dropout": 0.1}},
        "train": {"epochs": 2, "batch_size": 20},
    }
).model_dump(mode="json")
"""A recipe with every setting written out: 38 training images make two steps an epoch."""


class StoppedError(Exception):
    """Raised to stop a training as if it were killed."""


def baseline_with(*patches: Mapping[str, Any]) -> Recipe:
    """The tiny baseline with some patches merged into it, in this order."""
    return Recipe.model_validate(functools.reduce(merged, patches, dict(BASELINE_VALUES)))


def task_of(recipe: Recipe) -> Task:
    """The tiny training of a recipe."""
    size = recipe.data.image_size
    return Task(recipe, recipe.train.epochs, Streams(7, 0), "fixed_test", {size: _decoded(size)}, CPU, folder())


@dataclass(frozen=True)
class TrainingEnd:
    """The whole state at the end of a training except the time it took.

    ``drew`` are the generators of the process that it drew from or seeded outside of the core's own scopes.
    """

    state: Saved
    drew: frozenset[str]


def trained_anew(recipe: Recipe) -> TrainingEnd:
    """The end of a new training."""
    task = task_of(recipe)
    with tempfile.TemporaryDirectory() as scratch:
        state, drew = drawn_by(lambda: _ending(task, Path(scratch)), seed=1)
    return TrainingEnd(state, frozenset(drew))


trained = functools.cache(trained_anew)
"""The end of a training; each recipe is trained once per process."""


def stopped_and_resumed(recipe: Recipe) -> Saved:
    """The end of a training that is stopped in its last epoch and resumed from its last checkpoint."""
    task = task_of(recipe)

    def stop(done: int, record: Mapping[str, float]) -> None:
        if done == task.epochs:
            raise StoppedError

    with tempfile.TemporaryDirectory() as scratch:
        with contextlib.suppress(StoppedError):
            _ending(task, Path(scratch), stop, checkpoint_seconds=0.0)
        assert any(Path(scratch).iterdir()), "no checkpoint was left"
        return _ending(task, Path(scratch))


def same(one: object, other: object) -> bool:
    """Whether two states are equal bit for bit."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        alike = (one.dtype, one.shape) == (other.dtype, other.shape)
        return alike and torch.equal(_bits(one), _bits(other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other)  # floats by all digits; NaN equals itself


def _bits(tensor: Tensor) -> Tensor:
    return tensor.detach().flatten().view(torch.uint8)


def _ending(
    task: Task, scratch: Path, progress: Progress = lambda *_: None, checkpoint_seconds: float = math.inf
) -> Saved:
    workspace = Workspace(scratch, scratch, {}, folder(), checkpoint_seconds)
    state = train(task, workspace, progress).state
    return {name: part for name, part in state.saved().items() if name != "time"}


@functools.cache
def folder() -> Path:
    """The folder of the decoded digits, for ``Training.prepare``."""
    path = Path(tempfile.mkdtemp(prefix="ablation-testing-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@functools.cache
def _decoded(size: int) -> str:
    return prepare(Digits(image_size=size), folder(), folder()).fingerprint
