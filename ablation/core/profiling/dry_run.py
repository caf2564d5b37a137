"""A training that is begun only to be looked at: real data, real steps, nothing kept."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from ablation.core.device import configured
from ablation.core.input.batches import Ids
from ablation.core.profiling.processors import processors
from ablation.core.profiling.roofline import seconds_of
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.timing import TRAINING
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.optimizer_step import steps_of
from ablation.core.training.setup import Training
from ablation.core.training.state import TrainState
from ablation.core.training.validation import validate
from ablation.recipe.schedule.constant import Constant

WARM_UP = {"cpu": 3, "cuda": 12}
"""Steps after which a training runs at its speed: allocator, choice of kernels, compilation; on CUDA also the recording
of a graph and the processes that make batches, which start after a few."""


class Rehearsal:
    """The steps of a training from its start, one after another for as long as they are asked for.

    Starting weights are random and the learning rate stays: neither matters to speed. A smaller last batch of an
    epoch is passed over, so that all steps are alike.

    Args:
        task: of a training; what holds in its first epoch is rehearsed.
    """

    def __init__(self, task: Task, datasets: Path) -> None:
        recipe = task.recipe.model_copy(update={"schedule": Constant()})
        self.task = dataclasses.replace(task, recipe=recipe).with_random_weights()
        with configured(recipe.train):
            training = Training.prepare(self.task, (), datasets, _helpers(task.device))
            self._state: TrainState = training.fresh()
            self._training = training.with_features(self._state.model)
            self._taking = steps_of(self._training, self._state)
        self._norms = GradientNorms(self._state.model.groups(), 0)
        self._batches = enumerate(_alike(self._training))

    @property
    def steps_in_epoch(self) -> int:
        """Optimizer steps of an epoch."""
        return len(self._training.steps_of(0))

    def run(self, steps: int) -> int:
        """Take some steps; gives the number of images in them."""
        return self.split(steps)[0]

    def split(self, steps: int) -> tuple[int, dict[str, float]]:
        """Take some steps; gives the number of images in them, and the seconds by kind of work, see ``TRAINING``."""
        clock, seen = self._training.clock, 0
        clock.mark("between")
        self._state.model.train()
        with configured(self.task.recipe.train), drawing(self.task.streams.number("dropout", 0), self.task.device):
            for number, ids in itertools.islice(self._batches, steps):
                self._taking.take(number, ids, self._norms)
                seen += sum(map(len, ids))
        split = clock.collect()
        return seen, {kind: split[kind] for kind in TRAINING if kind in split}

    def seconds(self, steps: int) -> float:
        """Seconds that some steps take."""
        return seconds_of(lambda: self.run(steps), self.task.device)

    def evaluation_seconds(self) -> float:
        """Seconds that looking at validation takes after an epoch, but the first one, which warms up."""

        def look() -> None:
            validate(self._training, self._state.judged)

        with configured(self.task.recipe.train):
            look()
            return seconds_of(look, self.task.device)


@dataclass(frozen=True)
class Started:
    """A training after the steps that warm it up, and the seconds that it took to get there."""

    rehearsal: Rehearsal
    seconds: float

    def setup_seconds(self, step_seconds: float) -> float:
        """What of it is paid once: all but what the steps take when they are warm, >= 0."""
        return max(0.0, self.seconds - WARM_UP[self.rehearsal.task.device.type] * step_seconds)


def started(task: Task, datasets: Path) -> Started:
    """Set a training up and warm it up."""
    begun: list[Rehearsal] = []

    def start() -> None:
        begun.append(Rehearsal(task, datasets))
        begun[0].run(WARM_UP[task.device.type])

    seconds = seconds_of(start, task.device)
    return Started(begun[0], seconds)


def _helpers(device: torch.device) -> int:
    """Processes that may make batches for a training that is alone on its machine."""
    return processors() - 1 if device.type == "cuda" else 0


def _alike(training: Training) -> Iterator[list[Ids]]:
    """Steps of as many images as an epoch's first has, epoch after epoch."""
    for epoch in itertools.count():
        steps = training.steps_of(epoch)
        size = sum(map(len, steps[0]))
        steps = [step for step in steps if sum(map(len, step)) == size]
        training.announce(steps, epoch=0)  # a rehearsal concludes none, so all its steps are taken in the first
        yield from steps
