"""Verdicts: the one word that a comparison has earned, the first of a fixed list that fires."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.verdict.reasons import (
    Fault,
    Faulty,
    NeedsMore,
    NotAdjusted,
    Reason,
    SmallClass,
    TooFewReplicates,
    WithinMargin,
)

VerdictWord: TypeAlias = Literal[
    "",
    "invalid",
    "identical",
    "too few runs",
    "gain",
    "small gain",
    "loss",
    "small loss",
    "this test set only",
    "equivalent",
    "inconclusive",
]

GAINS: frozenset[VerdictWord] = frozenset({"gain", "small gain"})
LOSSES: frozenset[VerdictWord] = frozenset({"loss", "small loss"})
CLAIMS = GAINS | LOSSES
"""The words that claim a difference."""

FEWEST = 5
"""Replicates under which nothing is claimed: the spread of so few is too often too small by chance."""

ROUNDING = 1e-9
"""A mean that differs from the margin by less than this share of it is at the margin."""


@dataclass(frozen=True)
class Verdict:
    """A word, and the reason for it.

    Args:
        word: empty where there is nothing to judge.
        reason: None where the word needs none.
    """

    word: VerdictWord
    reason: Reason | None = None


@dataclass(frozen=True)
class Rules:
    """What verdicts are held to.

    Args:
        margin: the smallest difference worth having; NaN where it is not declared in this metric's unit.
        alpha: of this look.
        faults: why nothing may be claimed of these comparisons; empty where all is well.
        too_small: the class for which the metric gets no verdict on this test set; None where it gets one.
    """

    margin: float
    alpha: float
    faults: tuple[Fault, ...] = ()
    too_small: SmallClass | None = None


def claims(found: Comparison, alpha: float) -> bool:
    """Whether a comparison may be called a difference: enough replicates, adjusted p and interval agree."""
    return found.interval.n >= FEWEST and found.adjusted <= alpha and found.interval.excludes(0.0)


def verdict(found: Comparison | None, rules: Rules) -> Verdict:
    """The word for a comparison; None is one that could not be made."""
    if rules.faults or found is None:
        return _invalid(rules)
    if rules.too_small:
        return Verdict("", rules.too_small)
    if found.interval.n < FEWEST:
        return Verdict("too few runs", TooFewReplicates(found.interval.n))
    if found.interval.low == found.interval.high != 0:
        return Verdict("inconclusive", "no_spread")
    if claims(found, rules.alpha):
        return Verdict(_size(found.interval.mean, rules.margin))
    if found.replicates.excludes(0.0) and not found.interval.excludes(0.0):
        return Verdict("this test set only", "other_images")
    if -rules.margin < found.narrow.low and found.narrow.high < rules.margin:
        return Verdict("equivalent", WithinMargin(rules.margin))
    if found.interval.excludes(0.0):
        return Verdict("inconclusive", NotAdjusted(rules.alpha))
    return Verdict("inconclusive", _needs(found, rules.margin))


def control_verdict(found: Comparison | None, rules: Rules, same: bool | None) -> Verdict:
    """The word for a control, which changes nothing.

    Args:
        same: whether its predictions are those of the row above, bit for bit; None where that is not known, or not to
            be expected (of a device that does not compute the same twice).
    """
    if rules.faults or found is None:
        return _invalid(rules)
    if same is None:
        unadjusted = verdict(dataclasses.replace(found, adjusted=found.interval.p), rules)  # a family of its own
        return Verdict("invalid", "control_differs") if unadjusted.word in CLAIMS else unadjusted
    return Verdict("identical", "bit_for_bit") if same else Verdict("invalid", "not_reproducible")


def _invalid(rules: Rules) -> Verdict:
    return Verdict("invalid", Faulty(rules.faults) if rules.faults else "runs_missing")


def _size(mean: float, margin: float) -> VerdictWord:
    small = abs(mean) <= margin * (1 + ROUNDING)  # never with a margin of NaN
    if mean > 0:
        return "small gain" if small else "gain"
    return "small loss" if small else "loss"


def _needs(found: Comparison, margin: float) -> Reason:
    if math.isnan(margin):
        return "no_margin"
    return NeedsMore(margin, None if found.needed is None else found.needed - found.interval.n)
