"""Whether two tellings of the same rungs agree: in order, or in sign."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ablation.stats.interval import LEVEL
from ablation.stats.summary import finite_vector
from ablation.stats.wins import Wins, exact_share


def order_agreement(promised: ArrayLike, measured: ArrayLike) -> float:
    """Kendall's tau-b of promised (n,) and measured (n,) gains: 1 the same order, -1 the reverse.

    NaN where either has no order: fewer than two, or all equal. Source: Kendall 1945.
    """
    from scipy.stats import kendalltau

    first, second = finite_vector(promised), finite_vector(measured)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return math.nan
    return float(kendalltau(first, second).statistic)


def sign_agreement(gains: ArrayLike, level: float = LEVEL) -> Wins:
    """Rungs whose gain has the same sign in every experiment, of those that are 0 in none, with exact bounds.

    Args:
        gains: (experiments >= 2, rungs).

    Assumes rungs that are independent of each other, which those of one ladder are only roughly.

    Raises:
        ValueError: another shape, or a gain that is not finite.
    """
    signs = np.sign(np.asarray(gains, dtype=np.float64))
    if signs.ndim != 2 or len(signs) < 2 or not np.isfinite(signs).all():
        raise ValueError(f"expected finite gains (experiments >= 2, rungs), got shape {signs.shape}")
    told = signs[:, (signs != 0).all(axis=0)]
    return exact_share(int((told == told[0]).all(axis=0).sum()), told.shape[1], level)
