"""Calibration: the error rates of the table's intervals on the user's own data and recipe, compared with alpha.

It uses stored runs of the baseline and of the final recipe, and estimates how often the baseline seems to differ from
itself, how often the interval misses the true gain (that of all stored runs and test images), and how much two
executions of the same run differ. The first two are estimated for the table's interval and for other common intervals;
``draws`` draws the comparisons, ``shares`` estimates the uncertainty of a share of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from ablation.analysis.calibration.draws import DrawnComparisons, StoredArms
from ablation.analysis.calibration.intervals import IntervalName, Intervals
from ablation.analysis.calibration.shares import ShareEstimate, share_of
from ablation.analysis.comparison.arms import Arm
from ablation.analysis.comparison.comparison import IntervalRule, images
from ablation.analysis.comparison.evidence import Evidence
from ablation.errors import UserError
from ablation.experiment.planning.run_mode import REPEAT
from ablation.metrics.metric import Metric

ErrorRateWord: TypeAlias = Literal["kept", "broken", "cannot tell"]

_FEWEST = 2
"""Replicates of an arm, and test images, that an interval needs."""

_MOST_IMAGES = 1000
"""Largest default number of test images drawn: more take long, and add little variance beside the replicates'."""

_ROUNDING = 1e-9
"""A truth that lies outside an interval by less than this counts as inside."""


@dataclass(frozen=True)
class ErrorRate:
    """The share of draws in which an interval errs, and the largest accepted share, alpha."""

    errs: ShareEstimate
    may: float

    @property
    def word(self) -> ErrorRateWord:
        """``broken`` where the share is surely above alpha, ``kept`` where it is surely at most twice alpha."""
        if self.errs.low > self.may:
            return "broken"
        return "kept" if self.errs.high <= 2 * self.may else "cannot tell"


@dataclass(frozen=True)
class IntervalCheck:
    """The error rates of an interval with arms of k replicates.

    Args:
        used: whether it is the table's own.
        images: number of test images, drawn for each comparison or the whole test set.
        false: share of differences of either sign between equal arms.
        gains, losses: the share of each sign.
        paired: share of true gains missed with arms that share their replicates, as on the ladder; None where the whole
            test set is used, or there is no final recipe.
        unpaired: the same with arms that have different replicates.
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
    """A number of replicates of an arm, or of test images, that cannot be drawn, as too few are stored."""

    of: Literal["replicates", "images"]
    size: int
    needed: int
    stored: int


@dataclass(frozen=True)
class NoiseFloor:
    """How much two or more executions of the same run of the baseline differ.

    Args:
        probability: largest absolute difference of two probabilities.
        metric: largest absolute difference of the metric, in its unit.
    """

    probability: float
    metric: float
    executions: int

    @property
    def bit_for_bit(self) -> bool:
        return self.probability == 0


@dataclass(frozen=True)
class IntervalCalibration:
    """The error rates of intervals, estimated from stored runs.

    Args:
        replicates, images: number of stored replicates of each arm, and of test images.
        draws: number of comparisons drawn for each share.
        gain: the true gain of the final recipe, over all stored runs; None without a final recipe.
        redrawn: whether each replicate has its own test set.
        checked: for each number of replicates and images, every interval, the table's first.
        missing: the sizes that could not be drawn.
        floor: None where the baseline was not repeated, or its predictions are not stored.
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
    """Estimates the error rates of intervals from stored runs.

    Args:
        evidence: of a plan of the baseline, the final recipe and repetitions of the baseline.
        draws: number of comparisons drawn for each share, >= 1; with 1,000, a share of .05 has a standard error of .007
            at least.
        sizes: numbers of replicates of an arm; twice as many must be stored.
        test_sizes: numbers of test images to draw; twice as many must be stored. Empty for a quarter and a half of the
            stored ones, at most 500 and 1,000.

    Raises:
        UserError: runs are missing.
    """
    plan, rule = evidence.plan, IntervalRule.of(evidence.plan)
    old, new = (_arm(evidence, name, metric) for name in (plan.ladder_rows[0], plan.ladder_rows[-1]))
    stored = StoredArms(old, new, Intervals(rule.test_to_train, 1 - plan.alpha))
    whole, has_gain = images(plan, plan.judged_on), len(plan.ladder_rows) > 1
    n = stored.images or 0
    usual = (min(n // 4, _MOST_IMAGES // 2), min(n // 2, _MOST_IMAGES))
    drawn, too_large = _possible("images", (test_sizes or usual) if n else (), n)
    fitting, too_many = _possible("replicates", sizes, stored.replicates)
    checker = _Checker(stored, draws, has_gain, whole, np.random.default_rng(generator_seed))
    return IntervalCalibration(
        name=plan.name,
        metric=metric,
        alpha=plan.alpha,
        replicates=stored.replicates,
        images=n or whole,
        draws=draws,
        gain=stored.gain if has_gain else None,
        redrawn=rule.test_to_train is not None,
        checked=tuple(check for k in fitting for size in (*drawn, None) for check in checker.checked(k, size)),
        missing=(*too_many, *too_large),
        floor=_floor(evidence, metric),
    )


def _arm(evidence: Evidence, variant: str, metric: Metric) -> Arm:
    arm = evidence.arm(variant, metric)
    if arm is None:
        raise UserError(
            f"runs of {variant} are missing, or have no {metric.label}",
            place=evidence.plan.name,
            remedy="run the calibration again; it continues from the stored runs",
        )
    return arm


def _possible(
    of: Literal["replicates", "images"], sizes: Iterable[int], stored: int
) -> tuple[list[int], list[NotEnoughStored]]:
    """The sizes that can be drawn, rising, and those that cannot: twice as many must be stored."""
    wanted = sorted({size for size in sizes if size >= _FEWEST})
    missing = [NotEnoughStored(of, size, 2 * size, stored) for size in wanted if 2 * size > stored]
    return [size for size in wanted if 2 * size <= stored], missing


@dataclass(frozen=True)
class _Checker:
    """Draws comparisons and checks every interval."""

    stored: StoredArms
    draws: int
    has_gain: bool
    whole: int
    generator: np.random.Generator

    def checked(self, k: int, n: int | None) -> Iterator[IntervalCheck]:
        """Yields a check of every interval with arms of k replicates and n test images (None: all)."""
        stored, sizes = self.stored, (k, n, self.draws, self.generator)
        same = stored.null_draws(*sizes)
        covers = self.has_gain and (n is not None or stored.images is None)
        paired, unpaired = (stored.paired_draws(*sizes), stored.unpaired_draws(*sizes)) if covers else (None, None)
        for name, (low, high) in same.bounds.items():
            yield IntervalCheck(
                interval=name,
                used=name == next(iter(same.bounds)),
                k=k,
                images=same.images or self.whole,
                false=self._missed(same, name),
                gains=float((low > _ROUNDING).mean()),
                losses=float((high < -_ROUNDING).mean()),
                paired=self._missed(paired, name) if paired else None,
                unpaired=self._missed(unpaired, name) if unpaired else None,
            )

    def _missed(self, drawn: DrawnComparisons, interval: IntervalName) -> ErrorRate:
        low, high = drawn.bounds[interval]
        missed = (drawn.truth < low - _ROUNDING) | (drawn.truth > high + _ROUNDING)
        return ErrorRate(share_of(missed, drawn.populations), 1 - self.stored.intervals.level)


def _floor(evidence: Evidence, metric: Metric) -> NoiseFloor | None:
    """Differences between the baseline's first replicate and its repetitions."""
    plan, read = evidence.plan, evidence.reader
    repeated = [each.name for each in plan.variants if REPEAT in each.designs]
    names = [plan.ladder_rows[0], *repeated]
    scores = [float(arm.values[0]) for name in names if (arm := evidence.arm(name, metric))]
    if read is None or not repeated or len(scores) < len(names):
        return None
    first, *others = (read(plan.runs_of(name)[0]).probabilities for name in names)
    return NoiseFloor(
        probability=max(float(np.abs(first - each).max()) for each in others),
        metric=max(abs(score - scores[0]) for score in scores[1:]),
        executions=len(scores),
    )
