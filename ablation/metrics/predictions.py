"""Predictions and their file; needs no torch."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ablation.metrics.metric import ClassIndices, ClassProbabilities, Predicted
from ablation.metrics.registry import known_metrics


@dataclass(frozen=True)
class Predictions:
    """A variant's predictions for a split: as in ``Predicted``, with the position of each image in the data set."""

    probabilities: ClassProbabilities
    decisions: ClassIndices
    labels: ClassIndices
    ids: NDArray[np.int64]

    @classmethod
    def of(cls, probabilities: ClassProbabilities, labels: ClassIndices, ids: NDArray[np.int64]) -> Predictions:
        """Predictions whose decisions are the most probable classes."""
        return cls(probabilities, probabilities.argmax(axis=1), labels, ids)

    @classmethod
    def load(cls, path: Path) -> Predictions:
        """The predictions that ``save`` wrote."""
        with np.load(path) as file:
            return cls(**{field.name: file[field.name] for field in dataclasses.fields(cls)})

    def save(self, path: Path) -> None:
        """Write them as a NumPy archive."""
        np.savez(path, **{field.name: getattr(self, field.name) for field in dataclasses.fields(self)})

    def predicted(self, positive: int | None) -> Predicted:
        """What metrics are computed from; ``positive`` is the class that binary metrics score, or None."""
        return Predicted(self.probabilities, self.labels, self.decisions, positive)

    def metrics(self, positive: int | None) -> dict[str, float]:
        """Every metric that is defined, by name; ``positive`` as in ``predicted``."""
        predicted = self.predicted(positive)
        defined = [metric for metric in known_metrics().values() if positive is not None or not metric.needs_positive]
        return {metric.name: metric.value(predicted) for metric in defined}
