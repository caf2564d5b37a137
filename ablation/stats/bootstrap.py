"""The bias-corrected and accelerated bootstrap: only where there are replicates enough for it to keep its word.

At 3 to 10 replicates its 95 % interval misses a true mean of 0 in 10 to 29 % of cases, so it is refused below 20.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ablation.stats.interval import LEVEL, Interval
from ablation.stats.summary import summary

FEWEST = 20
"""Below this many differences there is no bootstrap interval."""

RESAMPLES = 9_999

SEED = 20_101


def bca(differences: ArrayLike, level: float = LEVEL) -> Interval:
    """BCa interval of the mean of paired differences, without p or degrees of freedom (NaN).

    Args:
        differences: (n,), n >= 20, one per replicate, new minus old.
        level: two-sided confidence, 0..1.

    Assumes independent differences of any distribution. Drawn with a generator of its own, so always the same.
    Source: Efron 1987.

    Raises:
        ValueError: fewer than 20 differences, or one that is not finite.
    """
    from scipy.stats import bootstrap

    seen = summary(differences)
    if seen.n < FEWEST:
        raise ValueError(f"at least {FEWEST} differences, got {seen.n}")
    low = high = seen.mean
    if seen.min < seen.max:
        drawn = bootstrap(
            (np.sort(np.asarray(differences, dtype=np.float64)),),  # the order of replicates must not matter
            np.mean,
            n_resamples=RESAMPLES,
            confidence_level=level,
            method="BCa",
            rng=np.random.default_rng(SEED),
        )
        low, high = map(float, drawn.confidence_interval)
    return Interval(seen.mean, seen.sd, seen.n, low, high, math.nan, level, math.nan)
