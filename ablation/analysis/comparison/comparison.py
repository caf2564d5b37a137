"""Comparisons: one arm held against another, and everything the table says of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ablation.analysis.comparison.arms import Arm, Numbers, difference
from ablation.analysis.comparison.interval_rule import IntervalRule
from ablation.stats.interval import Interval
from ablation.stats.paired import paired_t
from ablation.stats.power import smallest_detectable
from ablation.stats.sign_flip import MOST_EXACT, sign_flip
from ablation.stats.wins import Wins, wins

Adjust = Callable[[Sequence[float]], Sequence[float]]
"""P-values to p-values adjusted for their number."""


@dataclass(frozen=True)
class Comparison:
    """A mean difference and how sure it is, in the unit the metric is shown in, positive when better.

    Args:
        interval: what a claim stands on: new trainings and, on one test set, new test images too.
        replicates: the paired t over replicates alone: new trainings judged by these test images.
        narrow: the interval that must lie within the margin for two arms to be equivalent: two one-sided tests, each
            at alpha, 90 % where that is .05.
        adjusted: p after adjustment for the family; NaN until it is known.
        wins: replicates won.
        detectable: the difference that this many replicates find with 80 % power; NaN where unknown.
        correlation: of the two arms over the replicates; NaN where one of them does not vary.
        sign_flip: p of the exact companion test; NaN where there are too many replicates for it.
        needed: replicates in all that would find the margin with 80 % power; None where no number would.
        identical: whether the two arms agree in every test example of every replicate.
        differences: replicate by replicate.
    """

    interval: Interval
    replicates: Interval
    narrow: Interval
    adjusted: float
    wins: Wins
    detectable: float
    correlation: float
    sign_flip: float
    needed: int | None
    identical: bool
    differences: tuple[float, ...]


def compared(old: Arm, new: Arm, rule: IntervalRule, margin: float, alpha: float, of_look: float) -> Comparison:
    """New against old.

    Args:
        margin: the smallest difference worth having, NaN where it is not known in this unit.
        alpha: of the experiment, whose complement is the level of the interval.
        of_look: alpha of this look, at which equivalence is tested and replicates are planned.
    """
    arm, level = difference(new, old), 1 - alpha
    k = len(arm.values)
    spread = rule.spread(arm) if k > 1 else math.nan
    return Comparison(
        interval=rule.interval(arm, level),
        replicates=paired_t(arm.values, level),
        narrow=rule.interval(arm, 1 - 2 * of_look),
        adjusted=math.nan,
        wins=wins(arm.values),
        detectable=smallest_detectable(k, alpha=of_look) * spread if k > 1 else math.nan,
        correlation=_correlation(old.values, new.values),
        sign_flip=sign_flip(arm.values) if k <= MOST_EXACT else math.nan,
        needed=rule.replicates_needed(arm, margin, of_look),
        identical=_identical(arm),
        differences=tuple(float(each) for each in arm.values),
    )


def adjusted_family(family: Sequence[Comparison | None], adjust: Adjust) -> tuple[Comparison | None, ...]:
    """The comparisons of a family with their adjusted p; a family with a hole has none."""
    known = [each for each in family if each is not None]
    if len(known) < len(family) or any(math.isnan(each.interval.p) for each in known):
        return tuple(family)
    found = adjust([each.interval.p for each in known]) if known else ()
    return tuple(dataclasses.replace(each, adjusted=p) for each, p in zip(known, found, strict=True))


def _correlation(old: Numbers, new: Numbers) -> float:
    if len(old) < 2 or np.ptp(old) == 0 or np.ptp(new) == 0:
        return math.nan
    return float(np.corrcoef(old, new)[0, 1])


def _identical(arm: Arm) -> bool:
    """Equal scores of every example; a control is held to the kept predictions themselves besides."""
    everything = (arm.values, arm.examples, arm.resamples)
    return not any(array.any() for array in everything if array is not None)
