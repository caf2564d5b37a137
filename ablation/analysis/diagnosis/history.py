"""The history of a training under diagnosis, which may lack keys and epochs, and the findings about it."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ablation.analysis.diagnosis.advice import Patch, advised

EpochRecord = Mapping[str, float]
EpochHistory = Sequence[EpochRecord]
"""One record for each epoch, in order; the first ones may be missing. Proportions are in 0..1. Missing keys and values
that are not finite are skipped."""

ENOUGH, LASTING = 4, 3
"""Epochs needed before anything uncertain is reported, and number of last epochs in which a condition must hold: the
first epochs of a healthy training (warm-up, BatchNorm's statistics) often look wrong."""
NEAR_CHANCE = 0.05
"""Balanced accuracy within this of 1 / classes counts as chance; at most half of 1 / classes, since with a thousand
classes 5 % is far above chance; at least two standard errors where the number of images is known."""
RISEN, ABSURD = 1.1, 2.0
"""A training loss this many times the first epoch's, or that of guessing (log of the number of classes), shows that the
learning rate is too high and not too low."""
LEARNED = 0.9
"""Training accuracy from which small gradients mean success."""

_OfGradients: TypeAlias = Literal[
    "loss_not_finite", "norm_not_finite", "norm_grew", "norm_over_clip", "no_gradient", "gradient_fades"
]
_OfLearning: TypeAlias = Literal[
    "one_answer", "under_chance", "at_chance", "loss_stays", "gap_and_rising_loss", "no_better"
]
Sign: TypeAlias = Literal[_OfGradients, _OfLearning]
"""The sign by which a finding was recognised."""


@dataclass(frozen=True)
class Finding:
    """Something wrong with a training.

    Args:
        kind: a stable slug, one of ``diagnose.FINDING_KINDS``.
        epoch: the first epoch from which it holds, from 1.
        facts: its numbers and names; proportions in 0..1.
        patch: a partial recipe that the documents advise; None where no setting helps.
    """

    kind: str
    epoch: int
    sign: Sign
    facts: Mapping[str, float | str]
    patch: Mapping[str, Any] | None


@dataclass(frozen=True)
class Case:
    """The inputs of a check."""

    history: EpochHistory
    recipe: Mapping[str, Any]
    val_images: int | None

    @property
    def last(self) -> EpochRecord:
        """The record of the last epoch."""
        return self.history[-1]

    def values(self, key: str) -> list[float]:
        """Returns a number of every epoch; NaN where it is missing."""
        return [read(record, key) for record in self.history]

    def since(self, holds: Callable[[EpochRecord], bool], lasting: int = LASTING, enough: int = ENOUGH) -> int | None:
        """Returns the epoch since which a condition has held without a break; None where that is too short."""
        epochs = sum(1 for _ in itertools.takewhile(holds, reversed(self.history)))
        if epochs < lasting or len(self.history) < enough:
            return None
        first = len(self.history) - epochs
        return int(self.history[first].get("epoch", first + 1))

    def finding(
        self, kind: str, sign: Sign, epoch: int | None, facts: Mapping[str, float | str], *patches: Patch
    ) -> Finding | None:
        """Returns a finding that holds since an epoch, with the advised patches as one; None without an epoch."""
        return None if epoch is None else Finding(kind, epoch, sign, facts, advised(self.recipe, *patches))

    def rate_factor(self) -> float:
        """Returns the factor for the learning rate of a training that does not learn: document 004's 2, or 0.1."""
        losses, (chance, _) = self.values("train/loss"), self.chance()
        too_high = losses[-1] > RISEN * losses[0] or losses[-1] > ABSURD * -math.log(chance)
        return 0.1 if too_high else 2.0

    def chance(self) -> tuple[float, float]:
        """Returns chance's balanced accuracy, and the distance within which a score counts as chance; or NaN twice."""
        classes = len(by_name(self.last, "val/predicted_share/"))
        if classes < 2:
            return math.nan, math.nan
        chance = 1 / classes
        error = math.sqrt(chance * (1 - chance) / self.val_images) if self.val_images else 0.0
        return chance, max(min(NEAR_CHANCE, chance / 2), 2 * error)


def read(record: EpochRecord, key: str) -> float:
    """Returns a number of a record; NaN where it is missing."""
    return record.get(key, math.nan)


def by_name(record: EpochRecord, prefix: str) -> dict[str, float]:
    """Returns the numbers of a record whose keys start with a prefix, by the rest of the key, in order."""
    return {key.removeprefix(prefix): value for key, value in record.items() if key.startswith(prefix)}


def unlearned(record: EpochRecord) -> bool:
    """Whether training accuracy is still low."""
    return read(record, "train/clean_accuracy" if "train/clean_accuracy" in record else "train/accuracy") < LEARNED
