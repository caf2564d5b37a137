"""How differences become intervals, under each protocol."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ablation.analysis.comparison.arms import Arm
from ablation.experiment.planning.plan import Plan
from ablation.stats.interval import LEVEL, Interval, wider
from ablation.stats.paired import paired_t
from ablation.stats.power import replicates_needed, replicates_needed_paired
from ablation.stats.resampled import resampled_t


@dataclass(frozen=True)
class IntervalRule:
    """The interval that a protocol allows.

    Args:
        test_to_train: number of test over number of training images, where every replicate redraws both; None where
            the test set is fixed.
    """

    test_to_train: float | None

    @classmethod
    def of(cls, plan: Plan) -> IntervalRule:
        """The plan's: its test set is one, or is redrawn for each replicate."""
        redrawn = plan.protocol == "resampled"
        return cls(images(plan, plan.judged_on) / images(plan, "train") if redrawn else None)

    def interval(self, arm: Arm, level: float = LEVEL) -> Interval:
        """Of the mean of an arm: a difference of two, a contrast of several, or one arm's own level.

        Nadeau and Bengio's where the test set is redrawn. Where it is one, Student's paired t over replicates, or the
        two-component interval if that reaches farther; the former alone where the scores of examples are not known.
        """
        if self.test_to_train is not None:
            return resampled_t(arm.values, self.test_to_train, level)
        of_replicates = paired_t(arm.values, level)
        return wider(arm.components().interval(level), of_replicates) if arm.has_examples else of_replicates

    def spread(self, arm: Arm) -> float:
        """Standard deviation of a replicate's difference, as a paired t over the replicates has to reckon with it."""
        found = float(arm.values.std(ddof=1))
        return found * math.sqrt(1 + len(arm.values) * (self.test_to_train or 0.0))

    def replicates_needed(self, arm: Arm, margin: float, alpha: float) -> int | None:
        """Replicates in all with which the margin would be found four times in five; None where no number would do.

        Args:
            margin: > 0; NaN, or a single replicate, gives None too.
        """
        if len(arm.values) < 2 or math.isnan(margin):
            return None
        if self.test_to_train is None and arm.has_examples:
            return replicates_needed(arm.components(), margin, alpha)
        spread = float(arm.values.std(ddof=1))
        return replicates_needed_paired(spread, margin, alpha, test_to_train=self.test_to_train or 0.0)


def images(plan: Plan, split: str) -> int:
    """Number of images in a split (``train``, ``val``, ``test``) of replicate 0."""
    return int(sum(plan.dataset["counts"][split]))
