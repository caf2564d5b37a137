"""AUROC and average precision: one sort for each class, then running sums of the weights along it.

Each class present in a resample stands against the rest; examples of equal probability are one step, as in
scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ablation.metrics.counts import mean_of_present
from ablation.metrics.metric import Metric, Predicted, Scores, Weights, quotient

Levels: TypeAlias = NDArray[np.float32]
Area: TypeAlias = Callable[[Levels, NDArray[np.bool_], Weights], Scores]
"""Takes a class's probabilities (n,), which examples are of it (n,), and the weights (resamples, n)."""


def auroc(predicted: Predicted, weights: Weights) -> Scores:
    """Area under the ROC curve, averaged over the classes present; NaN where one class is all there is."""
    return _over_classes(_area_under_roc, predicted, weights)


def average_precision(predicted: Predicted, weights: Weights) -> Scores:
    """Area under precision against recall, in steps, averaged over the classes present."""
    return _over_classes(_area_under_precision, predicted, weights)


def _over_classes(area: Area, predicted: Predicted, weights: Weights) -> Scores:
    areas, present = [], []
    for each in np.unique(predicted.labels):
        members = predicted.labels == each
        areas.append(area(predicted.probabilities[:, each], members, weights))
        present.append(weights[:, members].any(axis=1))
    return mean_of_present(np.stack(areas, axis=1), np.stack(present, axis=1))


def _area_under_roc(probabilities: Levels, members: NDArray[np.bool_], weights: Weights) -> Scores:
    """The share of the pairs of a member and another example that are ranked rightly, a tie counting half.

    From the members' mid-ranks, less the pairs that they make among themselves.
    Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.
    """
    own, levels = weights[:, members].astype(np.float64), probabilities[members]
    ranked = _Ranked(probabilities, weights)
    positives, total = own.sum(axis=1), ranked.total
    right = (own * (ranked.below(levels) + ranked.through(levels))).sum(axis=1) / 2 - positives**2 / 2
    return quotient(right, positives * (total - positives), np.nan)


def _area_under_precision(probabilities: Levels, members: NDArray[np.bool_], weights: Weights) -> Scores:
    """The mean over the members of the precision among the examples ranked no lower."""
    own, levels = weights[:, members], probabilities[members]
    every, among = _Ranked(probabilities, weights), _Ranked(levels, own)
    reached = every.total[:, np.newaxis] - every.below(levels)
    precision = quotient(among.total[:, np.newaxis] - among.below(levels), reached, 0.0)
    return quotient((own * precision).sum(axis=1), among.total, np.nan)


class _Ranked:
    """Examples in the order of their probabilities (n,), with the running sums of their weights (resamples, n).

    Sums are of 32-bit integers, exact and several times faster than of doubles.
    """

    def __init__(self, probabilities: Levels, weights: Weights) -> None:
        order = np.argsort(probabilities)
        self._sorted = probabilities[order]
        self._running = np.zeros((len(weights), len(order) + 1), dtype=np.int32)
        np.cumsum(np.take(weights, order, axis=1), axis=1, out=self._running[:, 1:])

    @property
    def total(self) -> Scores:
        """Weight of all examples, (resamples,)."""
        return self._running[:, -1].astype(np.float64)

    def below(self, levels: Levels) -> Scores:
        """Weight of the examples under each level (levels,), (resamples, levels)."""
        return self._at(np.searchsorted(self._sorted, levels, side="left"))

    def through(self, levels: Levels) -> Scores:
        """The same, with the examples at the level."""
        return self._at(np.searchsorted(self._sorted, levels, side="right"))

    def _at(self, places: NDArray[np.intp]) -> Scores:
        return np.take(self._running, places, axis=1).astype(np.float64)


AUROC = Metric("auroc", "AUROC", "points", higher_is_better=True, weighted=auroc, by_class=True, order=80)
AVERAGE_PRECISION = Metric(
    "average_precision",
    "average precision",
    "points",
    higher_is_better=True,
    weighted=average_precision,
    by_class=True,
    order=90,
)
