"""Where the time of a training goes, and how near it comes to what the device can do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from ablation.core.device import configured
from ablation.core.profiling.dry_run import Rehearsal, started
from ablation.core.profiling.op_counts import Work, work_of
from ablation.core.profiling.roofline import Peak, Roofline, peak_of
from ablation.core.task import Task
from ablation.recipe.train import TrainSettings

Limit = Literal["data", "augmentation", "overhead", "arithmetic", "memory"]

FEED = ("data", "augmentation")
"""The parts that make a batch; the device may wait for them."""

_NEAR = 0.25
"""Share of the roofline below which neither arithmetic nor memory is what limits."""


@dataclass(frozen=True)
class Profile:
    """The time of some steps of a training.

    Args:
        steps, images: that were timed, after a few that warmed up.
        parts: mean seconds of a step by what they went to: data, augmentation, forward_backward, optimizer; with
            evaluation, what an epoch's look at validation takes divided by the epoch's steps.
        setup_seconds: once, before the first step and in the steps that warm up, beyond what these take later.
        epoch_steps: optimizer steps of an epoch.
        roofline: of a step, without evaluation.
    """

    steps: int
    images: int
    parts: Mapping[str, float]
    setup_seconds: float
    epoch_steps: int
    roofline: Roofline

    @property
    def step_seconds(self) -> float:
        """Of one step, without evaluation."""
        return self.roofline.seconds

    @property
    def images_per_second(self) -> float:
        """Training images over training seconds, without evaluation."""
        return self.images / self.steps / self.step_seconds

    @property
    def shares(self) -> Mapping[str, float]:
        """The share that each part has in an epoch; they sum to 1."""
        whole = sum(self.parts.values())
        return {name: seconds / whole for name, seconds in self.parts.items()}

    @property
    def limit(self) -> Limit:
        """What a faster training would have to change first.

        The feed where making batches takes half of a step; overhead (kernels that use the device badly, or their
        launch) where a step stays far above its roofline; else the roofline's own bound.
        """
        feed = {name: self.parts.get(name, 0.0) for name in FEED}
        if sum(feed.values()) > self.step_seconds / 2:
            return "data" if feed["data"] > feed["augmentation"] else "augmentation"
        return self.roofline.bound if self.roofline.share >= _NEAR else "overhead"


def profile(task: Task, datasets: Path, steps: int) -> Profile:
    """Time some steps of a training, and compare them with the device's peaks as they are now.

    Args:
        task: what holds in its first epoch is timed.
        steps: >= 1, after a few that warm up.
    """
    before = _peak(task)
    begun = started(task, datasets)
    rehearsal = begun.rehearsal
    images, split = rehearsal.split(steps)
    parts = {name: seconds / steps for name, seconds in split.items()}
    step_seconds = sum(parts.values())
    peak = before.or_better(_peak(task))
    return Profile(
        steps=steps,
        images=images,
        parts=parts | {"evaluation": rehearsal.evaluation_seconds() / rehearsal.steps_in_epoch},
        setup_seconds=begun.setup_seconds(step_seconds),
        epoch_steps=rehearsal.steps_in_epoch,
        roofline=Roofline(_work(task, datasets), peak, step_seconds),
    )


def _peak(task: Task) -> Peak:
    """The device's peaks in the precision of a task and with its threads."""
    settings = task.recipe.train
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[settings.precision]
    with configured(settings):
        return peak_of(task.device, dtype)


def _work(task: Task, datasets: Path) -> Work:
    """What a step of a task asks of its device, without compilation."""
    counted = Rehearsal(_operation_by_operation(task), datasets)
    counted.run(1)  # an optimizer's first step makes its state
    return work_of(lambda: counted.run(1), task.device)


def _operation_by_operation(task: Task) -> Task:
    """The task without what joins operations, whose parts could not be counted."""
    joins: dict[str, Any] = {name: False for name in ("compile", "cuda_graph") if name in TrainSettings.model_fields}
    train = task.recipe.train.model_copy(update=joins)
    return dataclasses.replace(task, recipe=task.recipe.model_copy(update={"train": train}))
