"""The number of replicates in which the new arm is better, with the exact interval of its share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ablation.stats.interval import LEVEL
from ablation.stats.summary import finite_vector


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


def exact_share(won: int, of: int, level: float = LEVEL) -> Wins:
    """The share won of some independent comparisons with its exact bounds; of none the bounds are 0 and 1.

    Source: Clopper and Pearson 1934.
    """
    from scipy.stats import binomtest

    if of == 0:
        return Wins(0, 0, 0.0, 1.0)
    bounds = binomtest(won, of).proportion_ci(confidence_level=level, method="exact")
    return Wins(won, of, float(bounds.low), float(bounds.high))
