"""In how many replicates the new arm was better, with the exact interval of that share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ablation.stats.interval import LEVEL
from ablation.stats.summary import finite_vector


@dataclass(frozen=True)
class Wins:
    """Replicates won of those that were not tied, and the Clopper-Pearson bounds of the share, 0..1."""

    won: int
    of: int
    low: float
    high: float


def wins(differences: ArrayLike, level: float = LEVEL) -> Wins:
    """Counts differences (n,) above 0; ties count for neither side, and nothing but ties bounds nothing (0..1).

    Source: Clopper and Pearson 1934.
    """
    from scipy.stats import binomtest

    array = finite_vector(differences)
    won, of = int(np.count_nonzero(array > 0)), int(np.count_nonzero(array))
    if of == 0:
        return Wins(0, 0, 0.0, 1.0)
    bounds = binomtest(won, of).proportion_ci(confidence_level=level, method="exact")
    return Wins(won, of, float(bounds.low), float(bounds.high))
