"""Signs of differences: the replicates that a new arm wins, experiments that agree, and the exact sign-flip test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ablation.stats.interval import LEVEL
from ablation.stats.summary import finite_vector

MOST_EXACT = 20
"""Largest number of differences of ``sign_flip``: above it 2^n sign patterns are too many; it raises, never samples."""

_ROUNDING = 1e-12
"""Sums closer than this, relative to the sum of absolute differences, count as equal: rounding separated them."""


@dataclass(frozen=True)
class Wins:
    """Won comparisons ``of`` those that were not tied, and the Clopper-Pearson bounds of the share, 0..1."""

    won: int
    of: int
    low: float
    high: float


def wins(differences: ArrayLike, level: float = LEVEL) -> Wins:
    """The differences (n,), one per replicate, that are above 0; ties count for neither side."""
    array = finite_vector(differences)
    return exact_share(int(np.count_nonzero(array > 0)), int(np.count_nonzero(array)), level)


def sign_agreement(gains: ArrayLike, level: float = LEVEL) -> Wins:
    """How many rungs gain with the same sign in every experiment, of those with a gain of 0 in none; exact bounds.

    Assumes independent rungs; the rungs of one ladder are so only roughly.

    Args:
        gains: (experiments >= 2, rungs).

    Raises:
        ValueError: another shape, or a gain that is not finite.
    """
    signs = np.sign(np.asarray(gains, dtype=np.float64))
    if signs.ndim != 2 or len(signs) < 2 or not np.isfinite(signs).all():
        raise ValueError(f"expected finite gains (experiments >= 2, rungs), got shape {signs.shape}")
    nonzero = signs[:, (signs != 0).all(axis=0)]
    return exact_share(int((nonzero == nonzero[0]).all(axis=0).sum()), nonzero.shape[1], level)


def exact_share(won: int, of: int, level: float = LEVEL) -> Wins:
    """The share won of some independent comparisons with its exact bounds; of none the bounds are 0 and 1.

    Source: Clopper and Pearson 1934.
    """
    from scipy.stats import binomtest

    if of == 0:
        return Wins(0, 0, 0.0, 1.0)
    bounds = binomtest(won, of).proportion_ci(confidence_level=level, method="exact")
    return Wins(won, of, float(bounds.low), float(bounds.high))


def sign_flip(differences: ArrayLike) -> float:
    """Two-sided p of "the differences are symmetric about 0", over all 2^n flips of their signs.

    The companion of the paired t that assumes no normal distribution, only differences that are exchangeable in sign.
    Source: Fisher 1935. SciPy's ``permutation_test`` returns the same, but takes seconds and a gigabyte at n = 20.

    Args:
        differences: (n,), n in 1..20. The smallest possible p is 2^(1 - n): below n = 6 it cannot reach .05.

    Raises:
        ValueError: more than 20 differences, none, or one that is not finite.
    """
    array = finite_vector(differences)
    if len(array) > MOST_EXACT:
        raise ValueError(f"at most {MOST_EXACT} differences, got {len(array)}")
    sums = array[:1]  # the first sign stays: flipping all signs mirrors the sum
    for difference in array[1:]:
        sums = np.concatenate([sums + difference, sums - difference])
    reached = abs(array.sum()) - _ROUNDING * np.abs(array).sum()
    return float(np.mean(np.abs(sums) >= reached))
