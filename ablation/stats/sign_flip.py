"""The exact sign-flip test: the companion of the paired t that assumes no normal distribution."""

import numpy as np
from numpy.typing import ArrayLike

from ablation.stats.summary import finite_vector

MOST_EXACT = 20
"""Largest number of differences: above it 2^n sign patterns are too many, and the test raises instead of sampling."""

_ROUNDING = 1e-12
"""Sums closer than this, relative to the sum of absolute differences, count as equal: rounding separated them."""


def sign_flip(differences: ArrayLike) -> float:
    """Two-sided p of "the differences are symmetric about 0", over all 2^n flips of their signs.

    Args:
        differences: (n,), n in 1..20. The smallest possible p is 2^(1 - n): below n = 6 it cannot reach .05.

    Assumes differences that are exchangeable in sign. Source: Fisher 1935. SciPy's ``permutation_test`` returns the
    same, but takes seconds and a gigabyte at n = 20.

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
