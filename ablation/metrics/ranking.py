"""AUROC and average precision: one sort per class, then running sums of the weights in that order.

Each class present in a resample is scored against the rest; examples of equal probability are one step, as in
scikit-learn.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ablation.metrics.counts import mean_of_present
from ablation.metrics.metric import ClassIndices, Metric, Predicted, Scores, Weights, quotient

Levels: TypeAlias = NDArray[np.float32]
Sums: TypeAlias = Callable[[Levels, ClassIndices, Scores, Weights], Scores]
"""Takes a class's probabilities (n,), the positions of its examples (m,), their weights (resamples, m) and all
weights (resamples, n); returns a sum over the class's examples, (resamples,)."""


def auroc(predicted: Predicted, weights: Weights) -> Scores:
    """Area under the ROC curve, averaged over the classes present; NaN where one class is all there is."""
    right, positives = _of_classes(_right_pairs, predicted, weights)
    negatives = weights.sum(axis=1, keepdims=True) - positives
    return mean_of_present(quotient(right, positives * negatives, np.nan), positives > 0)


def average_precision(predicted: Predicted, weights: Weights) -> Scores:
    """Area under precision against recall, in steps, averaged over the classes present."""
    precisions, positives = _of_classes(_summed_precisions, predicted, weights)
    return mean_of_present(quotient(precisions, positives, np.nan), positives > 0)


def _of_classes(sums: Sums, predicted: Predicted, weights: Weights) -> tuple[Scores, Scores]:
    """The sums of each class that has labels, and the weights of its examples, both (resamples, classes)."""
    columns, positives = [], []
    for label in np.flatnonzero(np.bincount(predicted.labels)):
        members = np.flatnonzero(predicted.labels == label)
        own = np.take(weights, members, axis=1).astype(np.float64)
        columns.append(sums(predicted.probabilities[:, label], members, own, weights))
        positives.append(own.sum(axis=1))
    return np.stack(columns, axis=1), np.stack(positives, axis=1)


def _right_pairs(probabilities: Levels, members: ClassIndices, own: Scores, weights: Weights) -> Scores:
    """The number of pairs of a member and another example that are ranked rightly, a tie counting half.

    From the members' mid-ranks, less the pairs that they make among themselves.
    Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.
    """
    ranked, levels = _Ranked(probabilities, weights), probabilities[members]
    twice_ranks = ranked.below(levels) + ranked.through(levels)
    pairs: Scores = (np.vecdot(own, twice_ranks) - own.sum(axis=1) ** 2) / 2
    return pairs


def _summed_precisions(probabilities: Levels, members: ClassIndices, own: Scores, weights: Weights) -> Scores:
    """The sum over the members of the precision among the examples that are ranked no lower."""
    levels = probabilities[members]
    every, among = _Ranked(probabilities, weights), _Ranked(levels, own.astype(np.int32))
    precisions: Scores = np.vecdot(own, quotient(among.at_least(levels), every.at_least(levels), 0.0))
    return precisions


class _Ranked:
    """Examples in the order of their probabilities (n,), with the running sums of their weights (resamples, n).

    Sums are of 32-bit integers, exact and several times faster than of doubles.
    """

    def __init__(self, probabilities: Levels, weights: Weights) -> None:
        order = np.argsort(probabilities)
        self._sorted = probabilities[order]
        self._running = np.zeros((len(weights), len(order) + 1), dtype=np.int32)
        np.cumsum(np.take(weights, order, axis=1), axis=1, out=self._running[:, 1:])

    def below(self, levels: Levels) -> Weights:
        """Weight of the examples under each level (levels,), (resamples, levels)."""
        return self._running.take(self._sorted.searchsorted(levels, side="left"), axis=1)

    def through(self, levels: Levels) -> Weights:
        """The same, with the examples at the level."""
        return self._running.take(self._sorted.searchsorted(levels, side="right"), axis=1)

    def at_least(self, levels: Levels) -> Scores:
        """Weight of the examples at each level or above it, (resamples, levels)."""
        return (self._running[:, -1:] - self.below(levels)).astype(np.float64)


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
