"""Where the time of a row's training goes, and what would make it faster; nothing is trained for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ablation.errors import UserError
from ablation.experiment.config.source import ExperimentLike
from ablation.workflow.inspection import row_task
from ablation.workflow.options import Options
from ablation.workflow.printed import Printed

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ablation.core.profiling.profile import Profile
    from ablation.core.profiling.speed_options import Extent, TimedOption
    from ablation.core.task import Task


@dataclass(frozen=True)
class ProfileView(Printed):
    """The time of a row's training; prints as ``ablation profile`` does.

    Args:
        row: the variant's name.
        device: on which it was timed.
        profile: the time split and the roofline.
        tried: what each setting that could make the same training faster does to it.
    """

    row: str
    device: str
    profile: Profile
    tried: tuple[TimedOption, ...]

    @property
    def record(self) -> dict[str, Any]:
        """All figures, as JSON."""
        from ablation.reporting.texts.profile_text import profile_record

        return profile_record(self.row, self.device, self.profile, self.tried)

    def __rich__(self) -> RenderableType:
        from ablation.reporting.texts.profile_text import profile_text

        return profile_text(self.row, self.device, self.profile, self.tried)


def profile(
    experiment: ExperimentLike,
    rung: str | None = None,
    overrides: Sequence[str] = (),
    steps: int = 30,
    levers: Extent = "quick",
    options: Options | None = None,
) -> ProfileView:
    """The time split and the roofline of a row's training, as it is in its last phase, and what would make it faster.

    Args:
        experiment: the path of an experiment file, or an ``Experiment``.
        rung: the row's rung, or ``baseline``; None for the last row.
        overrides: see ``plan``.
        steps: training steps to time, >= 1.
        levers: ``none``, ``quick`` or ``all``: which other settings are timed too.
        options: the store and the device.

    Raises:
        UserError: there is no such rung, or a step does not fit into the device's memory.

    Example:
        >>> print(ablation.profile("experiments/digits.yaml", "Focal loss"))
    """
    from ablation.core.profiling.speed_options import time_speed_options

    options = options or Options()
    row, task = row_task(experiment, rung, overrides, options)
    timed = profile_of(task, steps, options)
    tried = tuple(time_speed_options(task.in_last_phase(), options.store.datasets, levers))
    return ProfileView(row, str(task.device), timed, tried)


def profile_of(task: Task, steps: int, options: Options) -> Profile:
    """The time split and the roofline of a task's training, as it is in its last phase.

    Raises:
        UserError: it does not fit into the device's memory.
    """
    import torch

    from ablation.core.profiling.profile import profile_training

    try:
        return profile_training(task.in_last_phase(), options.store.datasets, steps)
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise UserError(
            f"a step does not fit into the memory of {task.device}",
            place="train.batch_size",
            remedy=f"profile a smaller one: --set train.batch_size={max(2, task.recipe.train.batch_size // 2)}",
        ) from error
