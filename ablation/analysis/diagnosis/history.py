"""A training under diagnosis: its history, which may lack keys and epochs, and what a finding is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

EpochRecord = Mapping[str, float]
EpochHistory = Sequence[EpochRecord]
"""One record an epoch, in order, the first ones perhaps missing; proportions in 0..1. A key may be missing, and a value
not finite; both are skipped."""
Recipe = Mapping[str, Any]

ENOUGH, LASTING = 4, 3
"""Epochs before anything uncertain is reported, and epochs at the end through which a condition must hold: the first
epochs of a healthy training (warm-up, BatchNorm's statistics) often look wrong."""
NEAR_CHANCE = 0.05
"""Balanced accuracy up to so much over 1 / classes counts as chance; at most half of 1 / classes, since among a
thousand classes 5 % is a fair start; at least two standard errors where the number of images is known."""
RISEN, ABSURD = 1.1, 2.0
"""A training loss this many times the first epoch's, or that of guessing (log of the number of classes), shows that the
learning rate is too high and not too low."""
LEARNED = 0.9
"""Training accuracy from which small gradients mean success."""


Sign: TypeAlias = Literal[
    "loss_not_finite",
    "norm_not_finite",
    "norm_grew",
    "norm_over_clip",
    "no_gradient",
    "gradient_fades",
    "one_answer",
    "under_chance",
    "at_chance",
    "loss_stays",
    "gap_and_rising_loss",
    "no_better",
]
"""What a finding was recognised by."""


@dataclass(frozen=True)
class Finding:
    """Something wrong with a training.

    Args:
        kind: a stable slug, one of ``diagnose.KINDS``.
        epoch: from which it holds, 1 for the first.
        sign: what it was recognised by.
        facts: the numbers and names behind it, by name; proportions in 0..1.
        patch: a partial recipe that the documents advise against it; None where a setting does not help.
    """

    kind: str
    epoch: int
    sign: Sign
    facts: Mapping[str, float | str]
    patch: Mapping[str, Any] | None


@dataclass(frozen=True)
class Case:
    """What a check looks at."""

    history: EpochHistory
    recipe: Recipe
    val_images: int | None

    @property
    def last(self) -> EpochRecord:
        """The record of the last epoch."""
        return self.history[-1]

    def values(self, key: str) -> list[float]:
        """A number of every epoch; NaN where it is missing."""
        return [read(each, key) for each in self.history]

    def since(self, holds: Callable[[EpochRecord], bool], lasting: int = LASTING, enough: int = ENOUGH) -> int | None:
        """From which epoch on something holds without a break; None if it has not lasted, or it is too early."""
        held = sum(1 for _ in itertools.takewhile(holds, reversed(self.history)))
        if held < lasting or len(self.history) < enough:
            return None
        place = len(self.history) - held
        return int(self.history[place].get("epoch", place + 1))

    def rate_factor(self) -> float:
        """What to multiply the learning rate of a training by that learns nothing: document 004's 2, or 0.1."""
        losses, (level, _) = self.values("train/loss"), self.chance()
        too_high = losses[-1] > RISEN * losses[0] or losses[-1] > ABSURD * -math.log(level)
        return 0.1 if too_high else 2.0

    def chance(self) -> tuple[float, float]:
        """Balanced accuracy of guessing, and the distance within which a score counts as such; NaN without classes."""
        classes = len(by_name(self.last, "val/predicted_share/"))
        if classes < 2:
            return math.nan, math.nan
        level = 1 / classes
        error = math.sqrt(level * (1 - level) / self.val_images) if self.val_images else 0.0
        return level, max(min(NEAR_CHANCE, level / 2), 2 * error)


def read(record: EpochRecord, key: str) -> float:
    """A number of a record; NaN where it is missing."""
    return record.get(key, math.nan)


def by_name(record: EpochRecord, prefix: str) -> dict[str, float]:
    """What follows a prefix in the keys of a record, with its numbers, in order."""
    return {key.removeprefix(prefix): value for key, value in record.items() if key.startswith(prefix)}


def unlearned(record: EpochRecord) -> bool:
    """Whether the training images still hold something to learn."""
    return read(record, "train/clean_accuracy" if "train/clean_accuracy" in record else "train/accuracy") < LEARNED
