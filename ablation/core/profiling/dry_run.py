"""Dry runs: the first steps of a training on its real data, to time them; nothing is kept."""

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from ablation.core.device import configured
from ablation.core.profiling.processors import processors
from ablation.core.profiling.roofline import seconds_of
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.timing import TRAINING_KINDS
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.optimizer_step import stepper_of
from ablation.core.training.setup import Training
from ablation.core.training.state import TrainState
from ablation.core.training.validation import validate
from ablation.recipe.data.pool import Ids
from ablation.recipe.schedule.constant import Constant

WARM_UP_STEPS = {"cpu": 3, "cuda": 12}
"""Steps until a training runs at full speed (allocator, choice of kernels, compilation); on CUDA also until a graph is
recorded and the processes that make batches have started."""


class DryRun:
    """Takes steps of a training from its start, as many as wanted.

    Starting weights are random and the learning rate is constant: neither matters to speed. A smaller last step of an
    epoch is left out, so that all steps have the same size.

    Args:
        task: of a training; its first epoch is run.
        datasets: folder of the decoded data sets.
    """

    def __init__(self, task: Task, datasets: Path) -> None:
        recipe = task.recipe.model_copy(update={"schedule": Constant()})
        self.task = dataclasses.replace(task, recipe=recipe).with_random_weights()
        with configured(recipe.train):
            training = Training.prepare(self.task, (), datasets, _helpers(task.device))
            self._state: TrainState = training.fresh()
            self._training = training.with_features(self._state.model)
            self._stepper = stepper_of(self._training, self._state)
        self._norms = GradientNorms(self._state.model.groups(), 0)
        self._batches = enumerate(_equal_steps(self._training))

    @property
    def steps_in_epoch(self) -> int:
        """Number of optimizer steps of an epoch."""
        return len(self._training.steps_of(0))

    def run(self, steps: int) -> int:
        """Take some steps; returns the number of their images."""
        return self.timed(steps)[0]

    def timed(self, steps: int) -> tuple[int, dict[str, float]]:
        """Take some steps; returns the number of their images, and their seconds by kind of ``TRAINING_KINDS``."""
        timer, seen = self._training.timer, 0
        timer.mark("between")
        self._state.model.train()
        with configured(self.task.recipe.train), drawing(self.task.streams.number("dropout", 0), self.task.device):
            for number, ids in itertools.islice(self._batches, steps):
                self._stepper.take(number, ids, self._norms)
                seen += sum(map(len, ids))
        seconds = timer.collect()
        return seen, {kind: seconds[kind] for kind in TRAINING_KINDS if kind in seconds}

    def seconds(self, steps: int) -> float:
        """Take some steps; returns their seconds."""
        return seconds_of(lambda: self.run(steps), self.task.device)

    def evaluation_seconds(self) -> float:
        """Seconds of the validation after an epoch, timed the second time; the first one warms up."""

        def evaluate() -> None:
            validate(self._training, self._state.eval_model)

        with configured(self.task.recipe.train):
            evaluate()
            return seconds_of(evaluate, self.task.device)


@dataclass(frozen=True)
class WarmDryRun:
    """A dry run after its warm-up steps, and the seconds that setup and warm-up took."""

    dry_run: DryRun
    seconds: float

    def setup_seconds(self, step_seconds: float) -> float:
        """The part of ``seconds`` that is paid once: without the time of as many warm steps; >= 0."""
        return max(0.0, self.seconds - WARM_UP_STEPS[self.dry_run.task.device.type] * step_seconds)


def warm_dry_run(task: Task, datasets: Path) -> WarmDryRun:
    """Set up a dry run and take its warm-up steps."""
    runs: list[DryRun] = []

    def start() -> None:
        runs.append(DryRun(task, datasets))
        runs[0].run(WARM_UP_STEPS[task.device.type])

    seconds = seconds_of(start, task.device)
    return WarmDryRun(runs[0], seconds)


def _helpers(device: torch.device) -> int:
    """Number of processes that may make batches for a training that is alone on its machine."""
    return processors() - 1 if device.type == "cuda" else 0


def _equal_steps(training: Training) -> Iterator[list[Ids]]:
    """Steps of as many images as the first one of an epoch, epoch after epoch."""
    for epoch in itertools.count():
        steps = training.steps_of(epoch)
        size = sum(map(len, steps[0]))
        steps = [step for step in steps if sum(map(len, step)) == size]
        training.announce(steps, epoch=0)  # a dry run finishes no epoch, so all its steps belong to the first
        yield from steps
