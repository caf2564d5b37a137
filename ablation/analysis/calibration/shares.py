"""Shares of draws, and how sure they are: thousands of draws from the same runs are not thousands of experiments.

The error of a share is that of the delete-one jackknife over the replicates and over the images that draws take from,
besides the draws' own binomial error; it is taken one standard error too large, which more draws make small. The
jackknife itself errs upwards (Efron and Stein 1981). Draws are never worth less than as many of them as share nothing
(Hoeffding 1948).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ablation.analysis.comparison.arms import Numbers
from ablation.stats.wins import exact_share

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class ShareEstimate:
    """A share of draws.

    Args:
        share: 0..1.
        low, high: its 95 % Clopper-Pearson bounds over as many independent draws as these are worth.
        worth: that number, at most the number of draws, at least as many as could be drawn disjoint.
    """

    share: float
    low: float
    high: float
    worth: int


@dataclass(frozen=True, eq=False)
class Population:
    """Which of some population each draw took.

    Args:
        taken: (draws, d), without repeats in a row.
        size: how many there are to take from, >= d.
    """

    taken: Positions
    size: int

    @property
    def disjoint(self) -> int:
        """How many draws could be made that share nothing."""
        return self.size // int(self.taken.shape[1])

    def variance(self, hits: Numbers) -> tuple[float, float]:
        """Jackknife variance of the mean of hits (draws,) that is due to this population, and its standard error.

        Leaving one member out changes the mean by its covariance with being drawn, times size / (size - d). What such
        covariances come to by chance alone, with so few draws, is taken off (Wager, Hastie and Efron 2014), so that
        the variance may be below 0; how far off that can be is the error. Where every draw takes all of them, none is
        ever left out: the draws are then worth one for each member, which is on the safe side.
        """
        draws, drawn = self.taken.shape
        share = drawn / self.size
        if share == 1:
            return float(hits.var()) / self.size, 0.0
        weights = np.repeat(hits - hits.mean(), drawn)
        covariances = np.bincount(self.taken.ravel(), weights, self.size) / draws
        scale = (self.size - 1) / self.size / (1 - share) ** 2
        by_chance = scale * self.size * share * (1 - share) * float(hits.var()) / draws
        return scale * float((covariances**2).sum()) - by_chance, by_chance * math.sqrt(2 / self.size)


def share_of(hits: NDArray[np.bool_], sources: Sequence[Population]) -> ShareEstimate:
    """The share of hits (draws,), as sure as draws from these populations allow."""
    numbers = hits.astype(np.float64)
    share, own = float(numbers.mean()), float(numbers.var())
    fewest = min(len(hits), *(each.disjoint for each in sources))
    worth = fewest
    if own > 0:
        parts, errors = zip(*(each.variance(numbers) for each in sources), strict=True)
        variance = own / len(hits) + max(0.0, sum(parts)) + math.hypot(*errors)
        worth = int(np.clip(own / variance, fewest, len(hits)))
    bounds = exact_share(round(share * worth), worth)
    return ShareEstimate(share, bounds.low, bounds.high, worth)
