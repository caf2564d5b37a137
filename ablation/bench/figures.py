"""Statistics of a benchmark: medians with their range, ratios by round, and a line through several sizes."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import linregress

from ablation.errors import UserError


@dataclass(frozen=True)
class MedianRange:
    """The median, the smallest and the largest of ``n`` measurements of one thing."""

    median: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> MedianRange:
        """From at least one value."""
        return cls(statistics.median(values), min(values), max(values), len(values))

    @classmethod
    def of_ratios(cls, values: Sequence[float], against: Sequence[float]) -> MedianRange:
        """Of the ratios of each value to the one measured in the same round."""
        return cls.of([value / other for value, other in zip(values, against, strict=True)])

    def __format__(self, spec: str) -> str:
        """``10.21 [10.02, 10.44]``, each number in the format ``spec``; a single measurement has no range."""
        median = format(self.median, spec)
        return median if self.n == 1 else f"{median} [{self.low:{spec}}, {self.high:{spec}}]"


@dataclass(frozen=True)
class Line:
    """Seconds = a + b times runs, by least squares.

    Args:
        a: seconds that do not depend on the number of runs.
        b: seconds that each run adds.
        residual: the largest distance of a measurement from the line, seconds.
    """

    a: float
    b: float
    residual: float

    @classmethod
    def through(cls, runs: Sequence[int], seconds: Sequence[float]) -> Line:
        """Fit a line to the seconds of at least two sizes.

        Raises:
            UserError: all sizes are the same.
        """
        if len(set(runs)) < 2:
            raise UserError(f"no line goes through {len(set(runs))} size", place="--replicates", remedy="give two")
        fit = linregress(runs, seconds)
        a, b = float(fit.intercept), float(fit.slope)
        return cls(a, b, max(abs(y - a - b * x) for x, y in zip(runs, seconds, strict=True)))


def counted(count: int, thing: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{count} {thing}{'s' * (count != 1)}"
