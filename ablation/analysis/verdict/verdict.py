"""Verdicts: the one word that a comparison has earned, the first of a fixed list that fires."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ablation.analysis.comparison.comparison import Comparison

Word: TypeAlias = Literal[
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

GAINS: frozenset[Word] = frozenset({"gain", "small gain"})
LOSSES: frozenset[Word] = frozenset({"loss", "small loss"})
CLAIMS = GAINS | LOSSES
"""The words that claim a difference."""

FEWEST = 5
"""Replicates under which nothing is claimed: the spread of so few is too often too small by chance."""

MANY = 50
"""More replicates than this are rarely what one wants: test images are cheaper."""
ROUNDING = 1e-9
"""A mean that differs from the margin by less than this share of it is at the margin."""


@dataclass(frozen=True)
class Verdict:
    """A word, and why, as a clause for readers.

    Args:
        word: empty where there is nothing to judge.
        why: empty where the word says it all.
    """

    word: Word
    why: str = ""


@dataclass(frozen=True)
class Rules:
    """What verdicts are held to.

    Args:
        margin: the smallest difference worth having; NaN where it is not declared in this metric's unit.
        alpha: of this look.
        invalid: why nothing may be claimed of these comparisons; empty where all is well.
        silent: why the metric gets no verdict on this test set; empty where it does.
    """

    margin: float
    alpha: float
    invalid: str = ""
    silent: str = ""


def claims(found: Comparison, alpha: float) -> bool:
    """Whether a comparison may be called a difference: enough replicates, adjusted p and interval agree."""
    return found.interval.n >= FEWEST and found.adjusted <= alpha and found.interval.excludes(0.0)


def verdict(found: Comparison | None, rules: Rules) -> Verdict:
    """The word for a comparison; None is one that could not be made."""
    if rules.invalid or found is None:
        return Verdict("invalid", rules.invalid or "runs are missing")
    if rules.silent:
        return Verdict("", rules.silent)
    if found.interval.n < FEWEST:
        return Verdict("too few runs", f"{found.interval.n} replicates, {FEWEST} at least for a claim")
    if found.interval.low == found.interval.high != 0:
        return Verdict("inconclusive", "all replicates differ by the same, which is too coarse to see their spread")
    if claims(found, rules.alpha):
        return Verdict(_size(found.interval.mean, rules.margin))
    if found.replicates.excludes(0.0) and not found.interval.excludes(0.0):
        return Verdict("this test set only", "new trainings would repeat it on these test images, others may not")
    if -rules.margin < found.narrow.low and found.narrow.high < rules.margin:
        return Verdict("equivalent", f"within ±{rules.margin:g}")
    if found.interval.excludes(0.0):
        return Verdict("inconclusive", f"not below {rules.alpha:.3g} once adjusted for the number of comparisons")
    return Verdict("inconclusive", _more(found, rules.margin))


def control_verdict(found: Comparison | None, rules: Rules, same: bool | None) -> Verdict:
    """The word for a control, which changes nothing.

    Args:
        same: whether its predictions are those of the row above, bit for bit; None where they cannot be expected to be
            (a device that does not compute the same twice) or are not known.
    """
    if rules.invalid or found is None:
        return Verdict("invalid", rules.invalid or "runs are missing")
    if same is None:
        plain = verdict(dataclasses.replace(found, adjusted=found.interval.p), rules)  # a family of its own
        failed = plain.word in CLAIMS
        return Verdict("invalid", "a control that changes nothing differs") if failed else plain
    if same:
        return Verdict("identical", "bit for bit")
    return Verdict("invalid", "the same recipe, trained again, predicts otherwise: the runs are not reproducible")


def _size(mean: float, margin: float) -> Word:
    small = abs(mean) <= margin * (1 + ROUNDING)  # never with a margin of NaN
    if mean > 0:
        return "small gain" if small else "gain"
    return "small loss" if small else "loss"


def _more(found: Comparison, margin: float) -> str:
    if math.isnan(margin):
        return "no margin is declared in this metric's unit"
    if found.needed is None:
        return f"this test set is too small to find {margin:g}, however many replicates"
    more = found.needed - found.interval.n
    if more <= 0:
        return f"{margin:g} would have been found four times in five; more replicates narrow the interval"
    told = f"about {more} more replicate{'s' if more > 1 else ''}"
    return f"{told}{', or more test images,' if more > MANY else ''} to find {margin:g}"
