"""Predictions as they are kept; needs no torch."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ablation.metrics.metric import Labels, Predicted, Probabilities
from ablation.metrics.registry import known_metrics


@dataclass(frozen=True)
class Predictions:
    """What a variant says of the images of a split.

    Args:
        probabilities: (images, classes) float32.
        decisions: class chosen for each image, (images,); the most probable one unless a threshold says otherwise.
        labels: true class of each image, (images,).
        ids: position of each image in the data set, (images,).
    """

    probabilities: Probabilities
    decisions: Labels
    labels: Labels
    ids: NDArray[np.int64]

    @classmethod
    def of(cls, probabilities: Probabilities, labels: Labels, ids: NDArray[np.int64]) -> Predictions:
        """Predictions of the most probable class."""
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
        """What a metric takes; ``positive`` is the class that binary ones look at, where there is one."""
        return Predicted(self.probabilities, self.labels, self.decisions, positive)

    def metrics(self, positive: int | None) -> dict[str, float]:
        """Every metric that is defined; ``positive`` is the class that binary ones look at, where there is one."""
        predicted = self.predicted(positive)
        defined = [each for each in known_metrics().values() if positive is not None or not each.needs_positive]
        return {each.name: each.value(predicted) for each in defined}
