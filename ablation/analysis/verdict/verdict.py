"""Verdicts: one word for each comparison, by the first rule of a fixed list that applies, and the reason for it.

Reasons are values; ``reporting.texts`` words them.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ablation.analysis.comparison.comparison import Comparison

ClaimWord: TypeAlias = Literal["gain", "small gain", "loss", "small loss"]
VerdictWord: TypeAlias = Literal[
    ClaimWord, "", "invalid", "identical", "too few runs", "this test set only", "equivalent", "inconclusive"
]

GAINS: frozenset[ClaimWord] = frozenset({"gain", "small gain"})
LOSSES: frozenset[ClaimWord] = frozenset({"loss", "small loss"})
CLAIMS = GAINS | LOSSES
"""The words that claim a difference."""

FEWEST = 5
"""Replicates that a claim needs: the spread of fewer is too often too small by chance."""

ROUNDING = 1e-9
"""Relative difference below which two numbers count as equal."""


@dataclass(frozen=True)
class Unfinished:
    """Runs of a variant are missing; ``error`` is the first failure's message, empty where none was recorded."""

    variant: str
    finished: int
    replicates: int
    failed: int = 0
    error: str = ""


@dataclass(frozen=True)
class Missing:
    """Runs of a variant are missing, beside others that failed."""

    variant: str
    missing: int
    replicates: int


@dataclass(frozen=True)
class UnequalReplicates:
    """A variant has a different number of replicates from the plan."""

    variant: str
    replicates: int
    planned: int


@dataclass(frozen=True)
class NoScore:
    """A finished run of a variant has no score of the metric; ``metric`` is its label."""

    variant: str
    metric: str


@dataclass(frozen=True)
class Mismatch:
    """Runs cannot be compared with the others: ``by`` says what differs, ``runs`` are (variant, number of its runs)."""

    by: Literal["images", "code", "data"]
    runs: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ControlDiffers:
    """A control differs from the row above, although it changes nothing."""

    rung: str


Fault: TypeAlias = Unfinished | Missing | UnequalReplicates | NoScore | Mismatch | ControlDiffers
"""What is wrong with the runs of some variants, so that no verdict is allowed."""


@dataclass(frozen=True)
class SmallClass:
    """A class has too few test images for a verdict on a metric that depends on it; ``metric`` is its label."""

    name: str
    images: int
    metric: str


@dataclass(frozen=True)
class Faulty:
    """The runs allow no verdict."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class TooFewReplicates:
    """There are fewer replicates than a claim needs."""

    replicates: int


@dataclass(frozen=True)
class WithinMargin:
    """The difference lies within plus or minus the margin."""

    margin: float


@dataclass(frozen=True)
class NotAdjusted:
    """The interval excludes 0, but p is above this alpha after adjustment for the number of comparisons."""

    alpha: float


@dataclass(frozen=True)
class NeedsMore:
    """The comparison is inconclusive; so many more replicates would find the margin with 80 % power.

    0 or less where there are enough; None where no number suffices because the test set is too small.
    """

    margin: float
    replicates: int | None


Cause: TypeAlias = Literal[
    "runs_missing", "no_spread", "other_images", "no_margin", "control_differs", "bit_for_bit", "not_reproducible"
]
"""Reasons that need no number."""

Reason: TypeAlias = Cause | Faulty | SmallClass | TooFewReplicates | WithinMargin | NotAdjusted | NeedsMore


@dataclass(frozen=True)
class Verdict:
    """A word, empty where there is no comparison, and the reason for it; None where the word explains itself."""

    word: VerdictWord
    reason: Reason | None = None


@dataclass(frozen=True)
class Rules:
    """The rules of verdicts at one look.

    Args:
        margin: the smallest difference worth having; NaN where none is declared in this metric's unit.
        faults: why no verdict is allowed; empty where the runs are valid.
        too_small: the class for which the metric gets no verdict on this test set; None where it gets one.
    """

    margin: float
    alpha: float
    faults: tuple[Fault, ...] = ()
    too_small: SmallClass | None = None


def claims(comparison: Comparison, alpha: float) -> bool:
    """Whether a comparison is a difference: enough replicates, adjusted p <= alpha, and an interval that excludes 0."""
    return comparison.interval.n >= FEWEST and comparison.adjusted <= alpha and comparison.interval.excludes(0.0)


def verdict(comparison: Comparison | None, rules: Rules) -> Verdict:
    """Returns the verdict on a comparison; None is a comparison with missing runs."""
    if rules.faults or comparison is None:
        return _invalid(rules)
    if rules.too_small:
        return Verdict("", rules.too_small)
    if comparison.interval.n < FEWEST:
        return Verdict("too few runs", TooFewReplicates(comparison.interval.n))
    if comparison.interval.low == comparison.interval.high != 0:
        return Verdict("inconclusive", "no_spread")
    if claims(comparison, rules.alpha):
        return Verdict(_size(comparison.interval.mean, rules.margin))
    if comparison.replicates.excludes(0.0) and not comparison.interval.excludes(0.0):
        return Verdict("this test set only", "other_images")
    if -rules.margin < comparison.narrow.low and comparison.narrow.high < rules.margin:
        return Verdict("equivalent", WithinMargin(rules.margin))
    if comparison.interval.excludes(0.0):
        return Verdict("inconclusive", NotAdjusted(rules.alpha))
    if math.isnan(rules.margin):
        return Verdict("inconclusive", "no_margin")
    more = None if comparison.needed is None else comparison.needed - comparison.interval.n
    return Verdict("inconclusive", NeedsMore(rules.margin, more))


def control_verdict(comparison: Comparison | None, rules: Rules, same: bool | None) -> Verdict:
    """Returns the verdict on a control, which changes nothing.

    Args:
        same: whether its predictions are bit-identical to those of the row above; None where that is unknown, or where
            the device is not deterministic.
    """
    if rules.faults or comparison is None:
        return _invalid(rules)
    if same is None:
        # a control is a family of its own: its p needs no adjustment
        unadjusted = verdict(dataclasses.replace(comparison, adjusted=comparison.interval.p), rules)
        return Verdict("invalid", "control_differs") if unadjusted.word in CLAIMS else unadjusted
    return Verdict("identical", "bit_for_bit") if same else Verdict("invalid", "not_reproducible")


def _invalid(rules: Rules) -> Verdict:
    return Verdict("invalid", Faulty(rules.faults) if rules.faults else "runs_missing")


def _size(mean: float, margin: float) -> ClaimWord:
    small = abs(mean) <= margin * (1 + ROUNDING)  # never with a margin of NaN
    if mean > 0:
        return "small gain" if small else "gain"
    return "small loss" if small else "loss"
