"""How often each class is there, is predicted, and is both, over many resamples: what scores that count hits need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ablation.metrics.metric import Labels, Predicted, Scores, Weighted, Weights


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


def counting(formula: Callable[[Counts], Scores]) -> Weighted:
    """The weighted formula of a score that needs counts alone."""
    return lambda predicted, weights: formula(Counts.of(predicted, weights))


def mean_of_present(scores: Scores, present: NDArray[np.bool_]) -> Scores:
    """The mean of the scores (resamples, classes) of those classes that a resample has."""
    mean: Scores = np.where(present, scores, 0.0).sum(axis=1) / present.sum(axis=1)
    return mean


def summed_by(places: Labels, weights: Weights | Scores, size: int) -> Scores:
    """Sums of weights (resamples, n) over the examples of each place (n,) in 0..size-1, (resamples, size)."""
    return np.stack([np.bincount(places, weights=each, minlength=size) for each in weights])
