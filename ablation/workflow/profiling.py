"""Where the time of a row's training goes, and what would make it faster; nothing is trained for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ablation.errors import UserError
from ablation.workflow.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ablation.core.profiling.profile import Profile
    from ablation.core.profiling.speed_options import Extent, TimedOption
    from ablation.core.task import Task


def profile(task: Task, steps: int, options: Options | None = None) -> Profile:
    """The time split and the roofline of a task's training, as it is in its last phase.

    Raises:
        UserError: it does not fit into the device's memory.
    """
    import torch

    from ablation.core.profiling.profile import profile_training

    try:
        return profile_training(task.in_last_phase(), (options or Options()).store.datasets, steps)
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise UserError(
            f"a step does not fit into the memory of {task.device}",
            place="train.batch_size",
            remedy=f"profile a smaller one: --set train.batch_size={max(2, task.recipe.train.batch_size // 2)}",
        ) from error


def try_levers(task: Task, extent: Extent, options: Options | None = None) -> Iterator[TimedOption]:
    """What each setting that could make the same training faster does to it, one after another."""
    from ablation.core.profiling.speed_options import time_speed_options

    return time_speed_options(task.in_last_phase(), (options or Options()).store.datasets, extent)
