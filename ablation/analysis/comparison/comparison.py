"""Comparisons: the difference of two arms, with the interval of its protocol, tests and power."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from ablation.analysis.comparison.arms import Arm, Numbers, difference
from ablation.experiment.planning.plan import Plan
from ablation.stats.interval import LEVEL, Interval, wider_interval
from ablation.stats.paired import paired_t, resampled_t
from ablation.stats.power import replicates_needed, replicates_needed_paired, smallest_detectable
from ablation.stats.signs import MOST_EXACT, Wins, sign_flip, wins


@dataclass(frozen=True)
class IntervalRule:
    """The interval that a protocol allows.

    Args:
        test_to_train: number of test over number of training images where every replicate redraws both, else None.
    """

    test_to_train: float | None

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Returns the rule of a plan's protocol: one fixed test set, or one redrawn for each replicate."""
        redrawn = plan.protocol == "resampled"
        return cls(images(plan, plan.judged_on) / images(plan, "train") if redrawn else None)

    def interval(self, arm: Arm, level: float = LEVEL) -> Interval:
        """Returns the interval of an arm's mean: of a difference, a contrast of several arms, or one arm's score.

        Nadeau and Bengio's corrected t where the test set is redrawn. Where it is fixed, the wider of Student's paired
        t over replicates and the two-component interval; the former alone without scores of examples.
        """
        if self.test_to_train is not None:
            return resampled_t(arm.values, self.test_to_train, level)
        of_replicates = paired_t(arm.values, level)
        return wider_interval(arm.components().interval(level), of_replicates) if arm.has_examples else of_replicates

    def spread(self, arm: Arm) -> float:
        """Returns the standard deviation over replicates, corrected for redrawn test sets, for power calculations."""
        return float(arm.values.std(ddof=1)) * math.sqrt(1 + len(arm.values) * (self.test_to_train or 0.0))

    def replicates_needed(self, arm: Arm, margin: float, alpha: float) -> int | None:
        """Returns the total number of replicates that finds the margin with 80 % power; None where no number does.

        Args:
            margin: > 0; a margin of NaN, or a single replicate, returns None too.
        """
        if len(arm.values) < 2 or math.isnan(margin):
            return None
        if self.test_to_train is None and arm.has_examples:
            return replicates_needed(arm.components(), margin, alpha)
        spread = float(arm.values.std(ddof=1))
        return replicates_needed_paired(spread, margin, alpha, test_to_train=self.test_to_train or 0.0)


def images(plan: Plan, split: str) -> int:
    """Returns the number of images in a split (``train``, ``val``, ``test``) of replicate 0."""
    return int(sum(plan.dataset["counts"][split]))


@dataclass(frozen=True)
class Comparison:
    """A mean difference and its uncertainty, in the metric's display unit, positive when better.

    Args:
        interval: the basis of claims; it covers new trainings and, with a fixed test set, new test images too.
        replicates: the paired t interval over replicates alone; it covers new trainings on these test images.
        narrow: the interval that must lie within the margin for equivalence: two one-sided tests, each at alpha; its
            level is 90 % where alpha is .05.
        adjusted: p after adjustment for the family; NaN before that.
        detectable: the difference that this number of replicates finds with 80 % power; NaN where unknown.
        correlation: of the two arms over the replicates; NaN where one of them does not vary.
        sign_flip: p of the exact sign-flip test; NaN where there are too many replicates for it.
        needed: total number of replicates that find the margin with 80 % power; None where no number does.
        identical: whether all scores are equal; for controls, the stored predictions are compared too.
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
    """Compares new with old.

    Args:
        margin: the smallest difference worth having; NaN where it is unknown in this unit.
        alpha: of the experiment; the level of the interval is 1 - alpha.
        of_look: alpha of this look, for the test of equivalence and the number of replicates needed.
    """
    arm, level = difference(new, old), 1 - alpha
    k, scores = len(arm.values), (arm.values, arm.examples, arm.resamples)
    return Comparison(
        interval=rule.interval(arm, level),
        replicates=paired_t(arm.values, level),
        narrow=rule.interval(arm, 1 - 2 * of_look),
        adjusted=math.nan,
        wins=wins(arm.values),
        detectable=smallest_detectable(k, of_look) * rule.spread(arm) if k > 1 else math.nan,
        correlation=_correlation(old.values, new.values),
        sign_flip=sign_flip(arm.values) if k <= MOST_EXACT else math.nan,
        needed=rule.replicates_needed(arm, margin, of_look),
        identical=not any(array.any() for array in scores if array is not None),
        differences=tuple(arm.values.tolist()),
    )


def adjusted_family(
    family: Sequence[Comparison | None], adjust: Callable[[Sequence[float]], Sequence[float]]
) -> tuple[Comparison | None, ...]:
    """Returns the family with adjusted p; unchanged where a comparison or its p is missing."""
    present = [comparison for comparison in family if comparison is not None]
    p_values = [comparison.interval.p for comparison in present]
    if len(present) < len(family) or not family or any(map(math.isnan, p_values)):
        return tuple(family)
    adjusted = adjust(p_values)
    return tuple(dataclasses.replace(each, adjusted=p) for each, p in zip(present, adjusted, strict=True))


def _correlation(old: Numbers, new: Numbers) -> float:
    if len(old) < 2 or np.ptp(old) == 0 or np.ptp(new) == 0:
        return math.nan
    return float(np.corrcoef(old, new)[0, 1])
