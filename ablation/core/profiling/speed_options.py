"""What a user could set to train faster: each such setting timed beside the row as it is."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import torch
from pydantic import ValidationError

from ablation.core.profiling.dry_run import Started, started
from ablation.core.profiling.processors import processors
from ablation.core.task import Task
from ablation.recipe.merge import merged
from ablation.recipe.recipe import Recipe
from ablation.recipe.train import TrainSettings

Extent = Literal["none", "quick", "all"]
"""Which levers are timed: quick leaves out what takes half a minute to start on this device, or is hopeless on it."""

ROUNDS = 6
"""Pairs of measurements, the row's and the lever's in turn: that all agree by luck has a chance of 1 in 32."""

_SECONDS = 0.5
"""What one measurement takes, unless a single step takes longer."""

_HOPELESS = 0.25
"""Images per second, as a share of the row's, under which a lever gets no further round."""


@dataclass(frozen=True)
class Lever:
    """One setting of the section ``train`` with another value than the row's.

    Args:
        setting: its name in that section.
    """

    setting: str
    value: str | int | bool

    @property
    def override(self) -> str:
        """What follows ``--set`` on the command line."""
        value = str(self.value).lower() if isinstance(self.value, bool) else self.value
        return f"train.{self.setting}={value}"

    def applied(self, task: Task) -> Task:
        """The task with the setting.

        Raises:
            ValueError: it does not go with the rest of the recipe.
        """
        recipe = merged(task.recipe.model_dump(), {"train": {self.setting: self.value}})
        return dataclasses.replace(task, recipe=Recipe.model_validate(recipe))


@dataclass(frozen=True)
class Tried:
    """A lever that was measured, or why it could not be.

    Args:
        ratios: images per second with it over those without it, one of each round; empty where it failed.
        extra_seconds: that it takes longer to start, >= 0.
        epoch_seconds: that the row's epoch takes without it.
        problem: why it failed.
    """

    lever: Lever
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
        """Whether every round says the same about which of the two is faster; one round does where it is far slower."""
        return bool(self.ratios) and (min(self.ratios) > 1 or max(self.ratios) < 1)

    @property
    def break_even(self) -> int | None:
        """Epochs of this training from which on it has paid; None for never, or where no difference is clear."""
        if not (self.clear and self.ratio > 1):
            return None
        saved = self.epoch_seconds * (1 - 1 / self.ratio)
        return max(1, math.ceil(self.extra_seconds / saved))


def levers(settings: TrainSettings, device: torch.device, extent: Extent) -> tuple[Lever, ...]:
    """The settings that could make a training faster on a device, without those that it has."""
    return tuple(
        Lever(name, value)
        for name, values in _values(device, extent).items()
        if name in TrainSettings.model_fields
        for value in values
        if value != getattr(settings, name)
    )


def _values(device: torch.device, extent: Extent) -> dict[str, tuple[str | int | bool, ...]]:
    """The values worth timing of each setting."""
    if extent == "none":
        return {}
    cuda = device.type == "cuda"
    formats = get_args(TrainSettings.model_fields["memory_format"].annotation)
    half = ("bf16", "fp16") if cuda else ("bf16",) if extent == "all" or _has_bfloat16() else ()
    return {
        "memory_format": formats,
        "precision": ("fp32", *half),
        "threads": () if cuda else _thread_counts(),
        "compile": (False, True) if cuda or extent == "all" else (False,),
        "cuda_graph": (False, True) if cuda else (),
    }


def _has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16; others imitate it, at a fiftieth of the speed."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _thread_counts() -> tuple[int, ...]:
    """1, 2, 4 and so on, and as many as there are processors."""
    most = processors()
    return tuple(sorted({2**power for power in range(most.bit_length())} | {most}))


def try_levers(task: Task, datasets: Path, extent: Extent) -> Iterator[Tried]:
    """Time a training with each lever beside the training as it is.

    Args:
        task: what holds in its first epoch is timed.
    """
    wanted = levers(task.recipe.train, task.device, extent)
    if not wanted:
        return
    started(task, datasets)  # the first one reads the images and sets the libraries up, which is no lever's doing
    row = started(task, datasets)
    for lever in wanted:
        try:
            yield _tried(lever, row, started(lever.applied(task), datasets))
        except Exception as error:  # whatever a compiler, a driver or the memory has to say must not end the others
            yield Tried(lever, problem=_reason(error))


def _tried(lever: Lever, row: Started, other: Started) -> Tried:
    steps = max(1, round(_SECONDS / row.rehearsal.seconds(1)))
    pairs: list[tuple[float, float]] = []
    while len(pairs) < ROUNDS and not _hopeless(pairs):
        pairs.append((row.rehearsal.seconds(steps) / steps, other.rehearsal.seconds(steps) / steps))
    plain, changed = (statistics.median(each) for each in zip(*pairs, strict=True))
    return Tried(
        lever=lever,
        ratios=tuple(before / after for before, after in pairs),
        extra_seconds=max(0.0, other.setup_seconds(changed) - row.setup_seconds(plain)),
        epoch_seconds=plain * row.rehearsal.steps_in_epoch,
    )


def _hopeless(pairs: Sequence[tuple[float, float]]) -> bool:
    return any(before / after < _HOPELESS for before, after in pairs)


def _reason(error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, ValidationError):
        return error.errors()[0]["msg"]
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
