"""Calibration: whether the table's intervals err as rarely as they should on the user's own data and recipe.

Three questions, answered from stored runs of the baseline and of the final recipe. How often is the baseline found to
differ from itself? How often does the interval cover the true gain, that of all stored runs and test images? How far
apart are two executions of one and the same run? The first two are asked of the table's interval and of other
intervals in use; ``draws`` says how comparisons are drawn, ``shares`` how sure a share of them is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from ablation.analysis.calibration.draws import DrawnComparisons, StoredArms
from ablation.analysis.calibration.intervals import IntervalName, Intervals
from ablation.analysis.calibration.shares import ShareEstimate, share_of
from ablation.analysis.comparison.arms import Arm
from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.interval_rule import IntervalRule, images
from ablation.errors import UserError
from ablation.experiment.planning.run_mode import REPEAT
from ablation.metrics.metric import Metric

ErrorRateWord: TypeAlias = Literal["kept", "broken", "cannot tell"]

_FEWEST = 2
"""Replicates an arm, and test images, under which there is no interval."""

_MOST_IMAGES = 1000
"""Test images drawn at most where no number is asked for: more take long, and leave the replicates alone to vary."""

_ROUNDING = 1e-9
"""A truth that lies outside an interval by less than this lies on its edge."""


@dataclass(frozen=True)
class ErrorRate:
    """How often an interval errs, against how often it may.

    Args:
        errs: the share of draws in which it does.
        may: alpha.
    """

    errs: ShareEstimate
    may: float

    @property
    def word(self) -> ErrorRateWord:
        """``broken`` where it surely errs more often than alpha, ``kept`` where surely less often than twice that."""
        if self.errs.low > self.may:
            return "broken"
        return "kept" if self.errs.high <= 2 * self.may else "cannot tell"


@dataclass(frozen=True)
class IntervalCheck:
    """How often an interval errs with arms of one size.

    Args:
        interval: its name.
        used: whether it is the table's own.
        k: replicates of each arm.
        images: test images, of a test set drawn for each comparison or of the whole one.
        false: differences found between equal arms, of either sign.
        gains, losses: shares of each sign in it.
        paired: true gains missed by arms that share their replicates, as those of the ladder do; None where no test
            images are drawn from more, or there is no final recipe.
        unpaired: the same by arms with replicates of their own.
    """

    interval: IntervalName
    used: bool
    k: int
    images: int
    false: ErrorRate
    gains: float
    losses: float
    paired: ErrorRate | None
    unpaired: ErrorRate | None


@dataclass(frozen=True)
class NotEnoughStored:
    """What was asked for and cannot be drawn.

    Args:
        of: ``replicates`` of an arm, or test ``images``.
        size: how many were to be drawn.
        needed, there: how many must be stored for it, and how many are.
    """

    of: Literal["replicates", "images"]
    size: int
    needed: int
    there: int


@dataclass(frozen=True)
class NoiseFloor:
    """How far apart executions of the same run of the baseline are, which no difference of recipes explains.

    Args:
        probability: largest absolute difference of two probabilities.
        metric: largest absolute difference of the metric, in its unit.
        executions: how often the run was executed, >= 2.
    """

    probability: float
    metric: float
    executions: int

    @property
    def bit_for_bit(self) -> bool:
        return self.probability == 0


@dataclass(frozen=True)
class IntervalCalibration:
    """What stored runs say of the intervals.

    Args:
        name: of the experiment.
        metric: the one that was asked about.
        alpha: how often an interval may err.
        replicates: stored, of each arm.
        images: test images.
        draws: comparisons drawn for each share.
        gain: the true gain of the final recipe, over all stored runs; None without one.
        redrawn: whether each replicate has a test set of its own.
        checked: the table's interval first, for each number of replicates and images.
        missing: what could not be drawn.
        floor: None where the baseline was not run again, or its predictions are not known.
    """

    name: str
    metric: Metric
    alpha: float
    replicates: int
    images: int
    draws: int
    gain: float | None
    redrawn: bool
    checked: tuple[IntervalCheck, ...]
    missing: tuple[NotEnoughStored, ...]
    floor: NoiseFloor | None


def calibration(
    evidence: Evidence,
    metric: Metric,
    draws: int,
    sizes: Sequence[int],
    generator_seed: int,
    test_sizes: Sequence[int] = (),
) -> IntervalCalibration:
    """What stored runs say of the intervals.

    Args:
        evidence: of a plan of the baseline, the final recipe and the baseline again.
        draws: comparisons drawn for each share, >= 1; a thousand know a share of .05 to .007 at best.
        sizes: replicates of an arm; twice as many must be stored.
        generator_seed: of all draws.
        test_sizes: test images to draw, of twice as many at least; without any, a quarter and a half of those there
            are, 500 and 1,000 at most.

    Raises:
        UserError: runs are missing.
    """
    plan, rule = evidence.plan, IntervalRule.of(evidence.plan)
    old, new = (_arm(evidence, name, metric) for name in (plan.ladder_rows[0], plan.ladder_rows[-1]))
    stored = StoredArms(old, new, Intervals(rule.test_to_train, 1 - plan.alpha))
    whole, has_gain = images(plan, plan.judged_on), len(plan.ladder_rows) > 1
    checker = _Checker(stored, draws, has_gain, whole, np.random.default_rng(generator_seed))
    asked = sorted({size for size in sizes if size >= _FEWEST})
    fitting = [k for k in asked if 2 * k <= stored.replicates]
    drawn, too_large = _test_sizes(stored, test_sizes)
    too_many = [NotEnoughStored("replicates", k, 2 * k, stored.replicates) for k in asked if k not in fitting]
    return IntervalCalibration(
        name=plan.name,
        metric=metric,
        alpha=plan.alpha,
        replicates=stored.replicates,
        images=stored.images or whole,
        draws=draws,
        gain=stored.gain if has_gain else None,
        redrawn=rule.test_to_train is not None,
        checked=tuple(each for k in fitting for n in (*drawn, None) for each in checker.checked(k, n)),
        missing=(*too_many, *too_large),
        floor=_floor(evidence, metric),
    )


def _arm(evidence: Evidence, variant: str, metric: Metric) -> Arm:
    arm = evidence.arm(variant, metric)
    if arm is None:
        raise UserError(
            f"not every run of {variant} is there with its {metric.label}",
            place=evidence.plan.name,
            remedy="run the calibration again; it goes on from what is stored",
        )
    return arm


def _test_sizes(stored: StoredArms, asked: Sequence[int]) -> tuple[list[int], list[NotEnoughStored]]:
    """The numbers of test images that can be drawn, and those that cannot."""
    there = stored.images
    if there is None:
        return [], []
    usual = (min(there // 4, _MOST_IMAGES // 2), min(there // 2, _MOST_IMAGES))
    wanted = sorted({size for size in asked or usual if size >= _FEWEST})
    return [n for n in wanted if 2 * n <= there], [
        NotEnoughStored("images", n, 2 * n, there) for n in wanted if 2 * n > there
    ]


@dataclass(frozen=True)
class _Checker:
    """Draws comparisons and looks at every interval."""

    stored: StoredArms
    draws: int
    has_gain: bool
    whole: int
    generator: np.random.Generator

    def checked(self, k: int, n: int | None) -> Iterator[IntervalCheck]:
        """Every interval with arms of k replicates and n test images, None for all."""
        stored, how = self.stored, (k, n, self.draws, self.generator)
        same = stored.null_draws(*how)
        covers = self.has_gain and (n is not None or stored.images is None)
        pairs, strangers = (stored.paired_draws(*how), stored.unpaired_draws(*how)) if covers else (None, None)
        for name, (low, high) in same.bounds.items():
            yield IntervalCheck(
                interval=name,
                used=name == stored.used,
                k=k,
                images=stored.test_size(n) or self.whole,
                false=_missed(same, name, stored.alpha),
                gains=float((low > _ROUNDING).mean()),
                losses=float((high < -_ROUNDING).mean()),
                paired=_missed(pairs, name, stored.alpha) if pairs else None,
                unpaired=_missed(strangers, name, stored.alpha) if strangers else None,
            )


def _missed(drawn: DrawnComparisons, interval: IntervalName, alpha: float) -> ErrorRate:
    low, high = drawn.bounds[interval]
    missed = (drawn.truth < low - _ROUNDING) | (drawn.truth > high + _ROUNDING)
    return ErrorRate(share_of(missed, drawn.sources), alpha)


def _floor(evidence: Evidence, metric: Metric) -> NoiseFloor | None:
    """The baseline's first replicate against its repetitions."""
    plan, read = evidence.plan, evidence.reader
    baseline = plan.ladder_rows[0]
    again = [each.name for each in plan.variants if REPEAT in each.designs]
    arms = [evidence.arm(name, metric) for name in (baseline, *again)]
    there = [arm.values[0] for arm in arms if arm is not None]
    if read is None or not again or len(there) < len(arms):
        return None
    first, *others = (read(plan.runs_of(name)[0]).probabilities for name in (baseline, *again))
    return NoiseFloor(
        probability=max(float(np.abs(first - each).max()) for each in others),
        metric=max(abs(float(value - there[0])) for value in there[1:]),
        executions=len(there),
    )
