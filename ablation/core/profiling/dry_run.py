"""Dry runs: steps of a training on its real data, taken to be timed; nothing is kept."""

from __future__ import annotations

import dataclasses
import itertools
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ablation.core.device import configured
from ablation.core.profiling.processors import processors
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.timing import TRAINING_KINDS, seconds_of
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.optimizer_step import stepper_of
from ablation.core.training.setup import Training
from ablation.core.training.validation import validate
from ablation.recipe.data.pool import Ids
from ablation.recipe.schedule.constant import Constant

WARM_UP_STEPS = {"cpu": 3, "cuda": 12}
"""Steps until a training runs at full speed (allocator, choice of kernels, compilation); on CUDA also until a graph is
recorded and the processes that make batches have started."""

NumberedStep = tuple[int, Sequence[Ids]]
"""A step's number, from 0, and the ids of the examples of each of its batches."""


class ConstantRun:
    """A new training with a constant learning rate, to take any steps of; to be made and used inside ``configured``.

    Args:
        task: of a training.
        datasets: folder of the decoded data sets.
        helpers: number of processes that may make batches.
    """

    def __init__(self, task: Task, datasets: Path, helpers: int = 0) -> None:
        recipe = task.recipe.model_copy(update={"schedule": Constant()})
        self.task = dataclasses.replace(task, recipe=recipe)
        training = Training.prepare(self.task, (), datasets, helpers)
        self.state = training.fresh()
        self.training = training.with_features(self.state.model)
        self.state.model.train()
        self.stepper = stepper_of(self.training, self.state)
        self._norms = GradientNorms(self.state.model.groups(), 0)

    def take(self, steps: Iterable[NumberedStep]) -> int:
        """Take some steps; returns the number of their images."""
        images = 0
        for number, ids in steps:
            self.stepper.take(number, ids, self._norms)
            images += sum(map(len, ids))
        return images


class DryRun:
    """Takes steps of a training's first epoch from its start, as many as needed; arguments as in ``ConstantRun``.

    Starting weights are random and the learning rate is constant: neither matters to speed. A smaller last step of an
    epoch is left out, so that all steps have the same size.
    """

    def __init__(self, task: Task, datasets: Path) -> None:
        helpers = processors() - 1 if task.device.type == "cuda" else 0
        with configured(task.recipe.train):
            self._run = ConstantRun(task.with_random_weights(), datasets, helpers)
        self.task, self._training = self._run.task, self._run.training
        self._steps = enumerate(_equal_steps(self._training))
        self.start_seconds = 0.0

    @classmethod
    def warm(cls, task: Task, datasets: Path) -> DryRun:
        """A dry run after its warm-up steps; ``start_seconds`` is the time that setup and warm-up took."""
        started = time.perf_counter()
        dry_run = cls(task, datasets)
        dry_run.run(WARM_UP_STEPS[task.device.type])
        dry_run.start_seconds = time.perf_counter() - started
        return dry_run

    @property
    def steps_in_epoch(self) -> int:
        """Number of optimizer steps of an epoch."""
        return len(self._training.steps_of(0))

    def run(self, steps: int) -> int:
        """Take some steps; returns the number of their images."""
        return self.timed(steps)[0]

    def timed(self, steps: int) -> tuple[int, dict[str, float]]:
        """Take some steps; returns the number of their images, and their seconds by kind of ``TRAINING_KINDS``."""
        timer = self._training.timer
        timer.mark("between")
        self._run.state.model.train()
        with configured(self.task.recipe.train), drawing(self.task.streams.number("dropout", 0), self.task.device):
            images = self._run.take(itertools.islice(self._steps, steps))
        seconds = timer.collect()
        return images, {kind: seconds[kind] for kind in TRAINING_KINDS if kind in seconds}

    def seconds(self, steps: int) -> float:
        """Take some steps; returns their seconds."""
        return seconds_of(lambda: self.run(steps), self.task.device)

    def setup_seconds(self, step_seconds: float) -> float:
        """The part of ``start_seconds`` that is paid once: without the time of as many warm steps; >= 0."""
        return max(0.0, self.start_seconds - WARM_UP_STEPS[self.task.device.type] * step_seconds)

    def evaluation_seconds(self) -> float:
        """Seconds of the validation after an epoch, timed the second time; the first one warms up."""
        with configured(self.task.recipe.train):
            validate(self._training, self._run.state.eval_model)
            return seconds_of(lambda: validate(self._training, self._run.state.eval_model), self.task.device)


def _equal_steps(training: Training) -> Iterator[list[Ids]]:
    """Steps of as many images as the first one of an epoch, epoch after epoch."""
    for epoch in itertools.count():
        steps = training.steps_of(epoch)
        size = sum(map(len, steps[0]))
        steps = [step for step in steps if sum(map(len, step)) == size]
        training.announce(steps, epoch=0)  # a dry run finishes no epoch, so all its steps belong to the first
        yield from steps


_ESTIMATED_STEPS = 3
_ESTIMATE_WARM_UP = {"cpu": 1, "cuda": 12}
"""Steps that are not timed; on CUDA a graph is recorded in them."""


def seconds_per_image(task: Mapping[str, Any], datasets: Path) -> float:
    """Seconds per training image, for a plan's estimate: the median of a few steps after warm-up steps.

    Pretrained weights are not loaded, since they do not matter to speed.
    """
    parsed = Task.from_json(task).in_last_phase().with_random_weights()
    with configured(parsed.recipe.train):
        training = Training.prepare(parsed, (), datasets)
        state = training.fresh()
        state.model.train()
        warm_up = _ESTIMATE_WARM_UP[parsed.device.type]
        steps = training.steps_of(0)[: _ESTIMATED_STEPS + warm_up]
        norms, stepper = GradientNorms(state.model.groups(), len(steps)), stepper_of(training, state)
        times = []
        for number, step in enumerate(steps):
            started = time.perf_counter()
            stepper.take(number, step, norms)
            if parsed.device.type == "cuda":
                torch.cuda.synchronize(parsed.device)
            times.append((time.perf_counter() - started) / sum(map(len, step)))
    return statistics.median(times[warm_up:] or times[-1:])
