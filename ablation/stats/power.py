"""Power: the difference that some replicates can detect, and the replicates that a gain needs.

Assumes normal differences, and that measured spreads are the true ones: a plan from five replicates is rough.
Source: the noncentral t.
"""

import functools
import math
from bisect import bisect_left
from collections.abc import Callable

from ablation.stats.components import Components

ALPHA = 0.05
"""Default two-sided chance of a false positive."""

POWER = 0.8
"""The chance of detecting a true difference."""

MOST_REPLICATES = 1000
"""A gain that would need more replicates than this needs something other than replicates."""

_LARGEST = 1e5
"""Upper end of the search for a detectable difference, in SDs: far above what two replicates can detect."""


@functools.cache
def smallest_detectable(n: int, alpha: float = ALPHA) -> float:
    """The mean difference that a two-sided paired t of n >= 2 replicates detects, in SDs of the paired difference."""
    from scipy.optimize import brentq

    def lacking(difference: float) -> float:
        return chance_to_find(difference, 1 / math.sqrt(n), n - 1, alpha) - POWER

    return float(brentq(lacking, 1e-9, _LARGEST))


def replicates_needed(measured: Components, margin: float, alpha: float = ALPHA) -> int | None:
    """The total number of replicates with which the two-component interval detects a mean difference of the margin.

    At least 2; None if ``MOST_REPLICATES`` do not suffice: the test set is too small. The margin is > 0, and the
    components are those of at least two replicates.
    """

    def chance(k: int) -> float:
        planned = measured.at(k)
        return chance_to_find(margin, math.sqrt(planned.variance), planned.df, alpha)

    return _fewest(chance)


def replicates_needed_paired(sd: float, margin: float, alpha: float = ALPHA, test_to_train: float = 0.0) -> int | None:
    """The same for a paired t.

    Args:
        sd: of the paired difference, >= 0.
        test_to_train: if above 0, the ratio of Nadeau and Bengio's correction: its variance never falls below
            ``sd^2 * test_to_train``, however many replicates there are.
    """

    def chance(n: int) -> float:
        return chance_to_find(margin, sd * math.sqrt(1 / n + test_to_train), n - 1, alpha)

    return _fewest(chance)


def chance_to_find(margin: float, error: float, df: float, alpha: float = ALPHA) -> float:
    """Power of a two-sided t test against a true mean of the margin, which is > 0.

    Args:
        error: standard error of the mean, >= 0; where it is negligible the power is 1.
        df: degrees of freedom, > 0.

    Raises:
        ValueError: a margin that is not positive, or an error that is NaN, as that of a single replicate.
    """
    from scipy.stats import f, ncf

    if not (margin > 0 and error >= 0):
        raise ValueError(f"expected margin > 0 and error >= 0, got {margin} and {error}")
    if error < 1e-6 * margin:
        return 1.0
    # t squared: SciPy's noncentral F is finite over the whole range, its noncentral t is not
    return float(ncf.sf(f.isf(alpha, 1, df), 1, df, (margin / error) ** 2))


def _fewest(chance: Callable[[int], float]) -> int | None:
    """The smallest number of replicates whose chance, growing with the number, reaches the power."""
    counts = range(2, MOST_REPLICATES + 1)
    position = bisect_left(counts, POWER, key=chance)
    return counts[position] if position < len(counts) else None
