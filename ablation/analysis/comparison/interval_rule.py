"""The interval of a difference under each protocol."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ablation.analysis.comparison.arms import Arm
from ablation.experiment.planning.plan import Plan
from ablation.stats.interval import LEVEL, Interval, wider_interval
from ablation.stats.paired import paired_t, resampled_t
from ablation.stats.power import replicates_needed, replicates_needed_paired


@dataclass(frozen=True)
class IntervalRule:
    """The interval that a protocol allows.

    Args:
        test_to_train: number of test over number of training images where every replicate redraws both, else None.
    """

    test_to_train: float | None

    @classmethod
    def of(cls, plan: Plan) -> IntervalRule:
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
