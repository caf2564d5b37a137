"""Counts of each class as label, as decision and as both, over many resamples: all that scores of hits need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ablation.metrics.metric import ClassIndices, Predicted, Scores, Weighted, Weights


@dataclass(frozen=True)
class ConfusionCounts:
    """The sums and the diagonal of each resample's confusion matrix, each (resamples, classes).

    Args:
        actual: examples of each class.
        predicted: examples that each class is predicted for.
        correct: examples that are both.
    """

    actual: Scores
    predicted: Scores
    correct: Scores

    @classmethod
    def of(cls, predicted: Predicted, weights: Weights) -> ConfusionCounts:
        """The counts where each example counts ``weights`` (resamples, n) times."""
        classes, hit = predicted.probabilities.shape[1], predicted.decisions == predicted.labels
        return cls(
            actual=summed_by(predicted.labels, weights, classes),
            predicted=summed_by(predicted.decisions, weights, classes),
            correct=summed_by(predicted.labels[hit], weights[:, hit], classes),
        )

    def over_present(self, scores: Scores) -> Scores:
        """The mean over the classes present of scores (resamples, classes)."""
        return mean_of_present(scores, self.actual > 0)


def counting(formula: Callable[[ConfusionCounts], Scores]) -> Weighted:
    """The weighted formula of a score that needs counts alone."""
    return lambda predicted, weights: formula(ConfusionCounts.of(predicted, weights))


def mean_of_present(scores: Scores, present: NDArray[np.bool_]) -> Scores:
    """The mean of the scores (resamples, classes) of those classes that a resample has."""
    mean: Scores = np.where(present, scores, 0.0).sum(axis=1) / present.sum(axis=1)
    return mean


def summed_by(places: ClassIndices, weights: Weights | Scores, size: int) -> Scores:
    """Sums of weights (resamples, n) over the examples of each place (n,) in 0..size-1, (resamples, size)."""
    return np.stack([np.bincount(places, weights=each, minlength=size) for each in weights])
