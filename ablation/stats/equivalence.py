"""Two one-sided tests: whether a difference is small enough not to matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ablation.stats.summary import finite_vector


def equivalence(differences: ArrayLike, margin: float) -> float:
    """P-value of "the mean difference is at least the margin away from 0"; small means equivalent within the margin.

    Args:
        differences: (n,), n >= 2, not all equal, in the unit of the margin.
        margin: > 0, fixed before looking.

    Assumes what the paired t does. At .05 it agrees with a 90 % interval inside +-margin.
    Source: Schuirmann 1987.
    """
    from statsmodels.stats.weightstats import ttost_paired

    array = finite_vector(differences)
    return float(ttost_paired(array, np.zeros_like(array), -margin, margin)[0])
