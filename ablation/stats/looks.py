"""Repeated looks at the results: the rate of false positives that they cause, and the alpha of each look to prevent it.

Source: Armitage, McPherson and Rowe 1969, Repeated significance tests on accumulating data.
"""

from collections.abc import Sequence

import numpy as np

COMPARISONS = 50_000
"""Number of simulated comparisons: a rate of .05 has a standard error of .001."""

_SEED = 20_100


def false_positive_rate(looks: Sequence[int], alpha_per_look: Sequence[float]) -> float:
    """Chance that a paired t finds a gain at any look where there is none; simulated, with a fixed seed.

    Assumes normal differences.

    Args:
        looks: numbers of replicates at which the test is made, each >= 2 and larger than the one before.
        alpha_per_look: two-sided alpha of each look, 0..1.

    Raises:
        ValueError: looks that do not rise from at least 2, or not one alpha for each.
    """
    from scipy.special import stdtrit

    at = np.asarray(looks, dtype=np.int64)
    if not len(at) or len(at) != len(alpha_per_look) or at[0] < 2 or (np.diff(at) < 1).any():
        raise ValueError(f"expected rising looks from 2 on and an alpha for each, got {looks} and {alpha_per_look}")
    differences = np.random.default_rng(_SEED).standard_normal((COMPARISONS, at[-1]))
    sums, squares = (np.cumsum(values, axis=1)[:, at - 1] for values in (differences, differences**2))
    variance = (squares - sums**2 / at) / (at - 1)
    significant = np.abs(sums) > stdtrit(at - 1, 1 - np.asarray(alpha_per_look) / 2) * np.sqrt(variance * at)
    return float(significant.any(axis=1).mean())


def split_alpha(alpha: float, looks: int) -> float:
    """The alpha of each look that keeps the overall alpha, by Bonferroni: safe, and a little conservative."""
    if looks < 1:
        raise ValueError(f"expected at least one look, got {looks}")
    return alpha / looks
