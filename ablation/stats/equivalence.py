"""Whether a difference is small enough not to matter: two one-sided tests, or their interval.

Source: Schuirmann 1987.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ablation.stats.interval import Interval
from ablation.stats.summary import finite_vector

LEVEL = 0.9
"""The confidence level of the interval that says at alpha .05 what two one-sided tests say."""


def equivalence(differences: ArrayLike, margin: float) -> float:
    """P-value of "the mean difference is at least the margin away from 0"; small means equivalent within the margin.

    Args:
        differences: (n,), n >= 2, in the unit of the margin; all equal give the limit, 0 inside the margin and else 1.
        margin: > 0, fixed before looking.

    Assumes what the paired t does.
    """
    from scipy.stats import ttest_1samp

    array = finite_vector(differences)
    if not (len(array) >= 2 and margin > 0):
        raise ValueError(f"expected at least two differences and margin > 0, got {len(array)} and {margin}")
    if np.ptp(array) == 0:
        return float(abs(array[0]) >= margin)
    above = ttest_1samp(array, -margin, alternative="greater").pvalue
    below = ttest_1samp(array, margin, alternative="less").pvalue
    return float(max(above, below))


def wholly_inside(interval: Interval, margin: float) -> bool:
    """Whether the interval is there and lies within +-margin; at level .9, of whatever source, it means equivalent."""
    return interval.known and -margin <= interval.low and interval.high <= margin
