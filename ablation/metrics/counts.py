"""Scores that count hits, over many resamples at once: they need three counts of each class, and no confusion matrix.

Each formula takes a ``Counts`` and gives one score a resample, shape (resamples,). As in ``ablation.metrics.scores``, a
class without an example in a resample is left out of its averages over classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ablation.metrics.scores import Labels, Predicted

Scores: TypeAlias = NDArray[np.float64]
Weights: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True)
class Counts:
    """How often each class is there, is predicted, and is both, each (resamples, classes)."""

    actual: Scores
    taken: Scores
    found: Scores

    @classmethod
    def of(cls, predicted: Predicted, weights: Weights) -> Counts:
        """The counts where each example stands ``weights`` (resamples, n) times."""
        classes, hit = predicted.probabilities.shape[1], predicted.decisions == predicted.labels
        return cls(
            actual=summed_by(predicted.labels, weights, classes),
            taken=summed_by(predicted.decisions, weights, classes),
            found=summed_by(predicted.labels[hit], weights[:, hit], classes),
        )

    def over_present(self, scores: Scores) -> Scores:
        """The mean over the classes present of scores (resamples, classes)."""
        return mean_of_present(scores, self.actual > 0)


def mean_of_present(scores: Scores, present: NDArray[np.bool_]) -> Scores:
    """The mean of the scores (resamples, classes) of those classes that a resample has."""
    mean: Scores = np.where(present, scores, 0.0).sum(axis=1) / present.sum(axis=1)
    return mean


def summed_by(places: Labels, weights: Weights | Scores, size: int) -> Scores:
    """Sums of weights (resamples, n) over the examples of each place (n,) in 0..size-1, (resamples, size)."""
    return np.stack([np.bincount(places, weights=each, minlength=size) for each in weights])


def quotient(part: Scores, whole: Scores, otherwise: float) -> Scores:
    """Part over whole, or ``otherwise`` where the whole is 0."""
    found: Scores = np.divide(part, whole, out=np.full(part.shape, otherwise), where=whole > 0)
    return found


def accuracy(counts: Counts) -> Scores:
    """Share of examples taken for what they are."""
    share: Scores = counts.found.sum(axis=1) / counts.actual.sum(axis=1)
    return share


def macro_recall(counts: Counts) -> Scores:
    """Mean over the classes present of the share of their examples that are found."""
    return counts.over_present(quotient(counts.found, counts.actual, 0.0))


def macro_precision(counts: Counts) -> Scores:
    """Mean over the classes present of the share of right ones among those taken for it; 0 where there are none."""
    return counts.over_present(quotient(counts.found, counts.taken, 0.0))


def macro_f1(counts: Counts) -> Scores:
    """Mean over the classes present of the harmonic mean of precision and recall."""
    return counts.over_present(_class_f1(counts))


def f1(counts: Counts, positive: int | None) -> Scores:
    """Harmonic mean of precision and recall of one class; NaN where it is None or has no example."""
    if positive is None:
        return np.full(len(counts.actual), np.nan)
    return np.where(counts.actual[:, positive] > 0, _class_f1(counts)[:, positive], np.nan)


def mcc(counts: Counts) -> Scores:
    """Matthews correlation of labels and decisions; 0 where either has one class only.

    Source: Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006.
    """
    examples = counts.actual.sum(axis=1)
    together = counts.found.sum(axis=1) * examples - (counts.actual * counts.taken).sum(axis=1)
    spread = [examples**2 - (each**2).sum(axis=1) for each in (counts.actual, counts.taken)]
    return quotient(together, np.sqrt(spread[0] * spread[1]), 0.0)


def _class_f1(counts: Counts) -> Scores:
    return quotient(2 * counts.found, counts.actual + counts.taken, 0.0)
