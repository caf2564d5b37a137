"""Settings that could make a training faster, each timed in turn with the row as it is."""

import dataclasses
import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import torch
from pydantic import ValidationError

from ablation.core.profiling.dry_run import DryRun
from ablation.core.profiling.processors import doublings, processors
from ablation.core.task import Task
from ablation.recipe.merge import merged
from ablation.recipe.recipe import Recipe
from ablation.recipe.train import TrainSettings

Extent = Literal["none", "quick", "all"]
"""Which options are timed: quick leaves out those that take half a minute to start on this device, or are very slow."""

ROUNDS = 6
"""Pairs of measurements, the row's and the option's in turn; all agree by chance with probability 1/32."""

_SECONDS = 0.5
"""Seconds of one measurement, unless a single step takes longer."""

_HOPELESS = 0.25
"""Images per second, as a share of the row's, below which an option gets no further round."""


@dataclass(frozen=True)
class SpeedOption:
    """A setting of the section ``train`` with a value other than the row's."""

    setting: str
    value: str | int | bool

    @property
    def override(self) -> str:
        """The argument of ``--set`` on the command line."""
        value = str(self.value).lower() if isinstance(self.value, bool) else self.value
        return f"train.{self.setting}={value}"

    def applied(self, task: Task) -> Task:
        """The task with the setting; ``ValueError`` if it is not valid with the rest of the recipe."""
        recipe = merged(task.recipe.model_dump(), {"train": {self.setting: self.value}})
        return dataclasses.replace(task, recipe=Recipe.model_validate(recipe))


@dataclass(frozen=True)
class TimedOption:
    """An option that was timed, or the reason why that failed.

    Args:
        ratios: images per second with the option over those without it, one for each round; empty where it failed.
        extra_seconds: additional seconds to start with the option, >= 0.
        epoch_seconds: seconds of the row's epoch without the option.
        problem: why it failed; else empty.
    """

    option: SpeedOption
    ratios: tuple[float, ...] = ()
    extra_seconds: float = 0.0
    epoch_seconds: float = 0.0
    problem: str = ""

    @property
    def ratio(self) -> float:
        """The median of the ratios; NaN where it failed."""
        return statistics.median(self.ratios) if self.ratios else math.nan

    @property
    def clear(self) -> bool:
        """Whether all rounds agree which of the two is faster; an option that is far slower has one round only."""
        return bool(self.ratios) and (min(self.ratios) > 1 or max(self.ratios) < 1)

    @property
    def break_even(self) -> int | None:
        """Epochs after which the option has saved time; None if it is not clearly faster."""
        if not (self.clear and self.ratio > 1):
            return None
        saved = self.epoch_seconds * (1 - 1 / self.ratio)
        return max(1, math.ceil(self.extra_seconds / saved))


def speed_options(settings: TrainSettings, device: torch.device, extent: Extent) -> tuple[SpeedOption, ...]:
    """The options that could make a training faster on a device, without its current settings."""
    return tuple(
        SpeedOption(name, value)
        for name, values in _values(device, extent).items()
        for value in values
        if value != getattr(settings, name)
    )


def _values(device: torch.device, extent: Extent) -> dict[str, tuple[str | int | bool, ...]]:
    """The values of each setting that are worth timing."""
    if extent == "none":
        return {}
    cuda = device.type == "cuda"
    formats = get_args(TrainSettings.model_fields["memory_format"].annotation)
    half = ("bf16", "fp16") if cuda else ("bf16",) if extent == "all" or _has_bfloat16() else ()
    return {
        "memory_format": formats,
        "precision": ("fp32", *half),
        "threads": () if cuda else doublings(processors()),
        "compile": (False, True) if cuda or extent == "all" else (False,),
        "cuda_graph": (False, True) if cuda else (),
    }


def _has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16; others emulate it at a fiftieth of the speed."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def time_speed_options(task: Task, datasets: Path, extent: Extent) -> Iterator[TimedOption]:
    """Time a training's first epoch with each option, in turn with the training as it is."""
    options = speed_options(task.recipe.train, task.device, extent)
    if not options:
        return
    DryRun.warm(task, datasets)  # the first one also reads the images and initialises the libraries
    row = DryRun.warm(task, datasets)
    for option in options:
        try:
            yield _timed(option, row, DryRun.warm(option.applied(task), datasets))
        except Exception as error:  # an option may fail in a compiler, a driver or the memory; go on with the others
            yield TimedOption(option, problem=_reason(error))


def _timed(option: SpeedOption, row: DryRun, other: DryRun) -> TimedOption:
    steps = max(1, round(_SECONDS / row.seconds(1)))
    pairs: list[tuple[float, float]] = []
    while len(pairs) < ROUNDS and not any(before / after < _HOPELESS for before, after in pairs):
        pairs.append((row.seconds(steps) / steps, other.seconds(steps) / steps))
    plain, changed = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    return TimedOption(
        option=option,
        ratios=tuple(before / after for before, after in pairs),
        extra_seconds=max(0.0, other.setup_seconds(changed) - row.setup_seconds(plain)),
        epoch_seconds=plain * row.steps_in_epoch,
    )


def _reason(error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, ValidationError):
        return error.errors()[0]["msg"]
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
