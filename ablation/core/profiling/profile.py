"""Where the time of a training goes, and how near it is to the device's limit."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ablation.core.device import configured, dtype_of
from ablation.core.profiling.dry_run import DryRun
from ablation.core.profiling.op_counts import Work, work_of
from ablation.core.profiling.roofline import Peak, Roofline, peak_of
from ablation.core.task import Task

Limit = Literal["data", "augmentation", "overhead", "arithmetic", "memory"]

_NEAR = 0.25
"""Share of the roofline below which neither arithmetic nor memory is the limit."""


@dataclass(frozen=True)
class Profile:
    """The time of some steps of a training.

    Args:
        steps, images: numbers that were timed, after warm-up steps.
        parts: mean seconds of a step by kind of work: data, augmentation, forward_backward, optimizer; and evaluation,
            the seconds of an epoch's validation divided by the epoch's steps.
        setup_seconds: paid once, before the first step and in the warm-up steps beyond the time of warm steps.
        epoch_steps: number of optimizer steps of an epoch.
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
        """Seconds of one step, without evaluation."""
        return self.roofline.seconds

    @property
    def images_per_second(self) -> float:
        """Training images over training seconds, without evaluation."""
        return self.images / self.steps / self.step_seconds

    @property
    def shares(self) -> Mapping[str, float]:
        """Share of each part in an epoch; they sum to 1."""
        total = sum(self.parts.values())
        return {name: seconds / total for name, seconds in self.parts.items()}

    @property
    def limit(self) -> Limit:
        """The part that a faster training would have to change first.

        Data or augmentation where making batches takes half of a step; overhead (launching kernels, or kernels that use
        the device badly) where a step takes far longer than its roofline; else the roofline's bound.
        """
        data, augmentation = (self.parts.get(name, 0.0) for name in ("data", "augmentation"))
        if data + augmentation > self.step_seconds / 2:  # the device may wait for its batches
            return "data" if data > augmentation else "augmentation"
        return self.roofline.bound if self.roofline.share >= _NEAR else "overhead"


def profile_training(task: Task, datasets: Path, steps: int) -> Profile:
    """Time ``steps`` >= 1 of a training after warm-up steps, and compare them with the device's peaks, measured too."""
    before = _peak(task)
    dry_run = DryRun.warm(task, datasets)
    images, kinds = dry_run.timed(steps)
    parts = {kind: seconds / steps for kind, seconds in kinds.items()}
    step_seconds = sum(parts.values())
    peak = before.best_with(_peak(task))
    return Profile(
        steps=steps,
        images=images,
        parts=parts | {"evaluation": dry_run.evaluation_seconds() / dry_run.steps_in_epoch},
        setup_seconds=dry_run.setup_seconds(step_seconds),
        epoch_steps=dry_run.steps_in_epoch,
        roofline=Roofline(_work(task, datasets), peak, step_seconds),
    )


def _peak(task: Task) -> Peak:
    """The device's peaks in the precision and with the threads of a task."""
    with configured(task.recipe.train):
        return peak_of(task.device, dtype_of(task.recipe.train))


def _work(task: Task, datasets: Path) -> Work:
    """Operations and bytes of a step in eager mode: those of compiled code and of graphs cannot be counted."""
    train = task.recipe.train.model_copy(update={"compile": False, "cuda_graph": False})
    eager = dataclasses.replace(task, recipe=task.recipe.model_copy(update={"train": train}))
    dry_run = DryRun(eager, datasets)
    dry_run.run(1)  # the first step allocates the optimizer's state
    return work_of(lambda: dry_run.run(1), task.device)
