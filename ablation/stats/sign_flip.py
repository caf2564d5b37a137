"""The exact sign-flip test: the companion of the paired t that assumes no normal distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ablation.stats.summary import finite_vector

MOST_EXACT = 20
"""Above this many differences 2^n sign patterns are too many, and the test is refused rather than sampled."""


def sign_flip(differences: ArrayLike) -> float:
    """Two-sided p of "the differences are symmetric about 0", over all 2^n flips of their signs.

    Args:
        differences: (n,), n in 1..20. The smallest p it can give is 2^(1 - n): below n = 6 it cannot reach .05.

    Assumes differences that are exchangeable in sign. Source: Fisher 1935.
    """
    from scipy.stats import permutation_test

    array = finite_vector(differences)
    if len(array) > MOST_EXACT:
        raise ValueError(f"at most {MOST_EXACT} differences, got {len(array)}")
    if len(array) == 1:
        return 1.0
    found = permutation_test(
        (array,), np.mean, permutation_type="samples", vectorized=True, n_resamples=np.inf, alternative="two-sided"
    )
    return float(found.pvalue)
