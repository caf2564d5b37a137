"""Whether promised and measured gains, or several experiments, agree on the same rungs: in order, or in sign."""

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
    """How many rungs gain with the same sign in every experiment, of those with a gain of 0 in none; exact bounds.

    Args:
        gains: (experiments >= 2, rungs).

    Assumes independent rungs; the rungs of one ladder are so only roughly.

    Raises:
        ValueError: another shape, or a gain that is not finite.
    """
    signs = np.sign(np.asarray(gains, dtype=np.float64))
    if signs.ndim != 2 or len(signs) < 2 or not np.isfinite(signs).all():
        raise ValueError(f"expected finite gains (experiments >= 2, rungs), got shape {signs.shape}")
    nonzero = signs[:, (signs != 0).all(axis=0)]
    return exact_share(int((nonzero == nonzero[0]).all(axis=0).sum()), nonzero.shape[1], level)
