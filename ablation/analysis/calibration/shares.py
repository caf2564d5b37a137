"""Shares of draws and their uncertainty: thousands of draws from the same runs are not independent experiments.

The variance of a share is that of the delete-one jackknife over the replicates and over the images that are drawn from,
plus the binomial variance of the draws, plus one standard error of the former, which decreases with more draws. The
jackknife is biased upwards (Efron and Stein 1981). The effective number of draws is at least the number of disjoint
draws that the runs allow (Hoeffding 1948).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ablation.analysis.comparison.arms import Numbers
from ablation.stats.signs import exact_share

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class ShareEstimate:
    """A share of draws, 0..1, with 95 % Clopper-Pearson bounds for the effective number of draws, ``worth``.

    That number is at most the number of draws, and at least that of disjoint draws.
    """

    share: float
    low: float
    high: float
    worth: int


@dataclass(frozen=True, eq=False)
class Population:
    """A population of ``size`` replicates or images, and the positions (draws, d) drawn, distinct in each row."""

    taken: Positions
    size: int

    def variance(self, hits: Numbers) -> tuple[float, float]:
        """Returns the jackknife variance of the mean of hits (draws,) due to this population, and its standard error.

        Leaving one member out changes the mean by its covariance with drawing that member, times size / (size - d).
        The bias of finitely many draws is subtracted (Wager, Hastie and Efron 2014), so that the variance may be
        negative; its standard error is returned too. Where every draw takes all members, none is ever left out: the
        effective number of draws is then one for each member, which is conservative.
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


def share_of(hits: NDArray[np.bool_], populations: Sequence[Population]) -> ShareEstimate:
    """Returns the share of hits (draws,) with bounds that allow for draws from these populations."""
    numbers = hits.astype(np.float64)
    share, own = float(numbers.mean()), float(numbers.var())
    disjoint = (each.size // int(each.taken.shape[1]) for each in populations)  # draws that share no member
    fewest = min(len(hits), *disjoint)
    worth = fewest
    if own > 0:
        parts, errors = zip(*(each.variance(numbers) for each in populations), strict=True)
        variance = own / len(hits) + max(0.0, sum(parts)) + math.hypot(*errors)
        worth = int(np.clip(own / variance, fewest, len(hits)))
    bounds = exact_share(round(share * worth), worth)
    return ShareEstimate(share, bounds.low, bounds.high, worth)
