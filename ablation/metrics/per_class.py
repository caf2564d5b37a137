"""Metrics of single classes: the accuracy of each, and its share of the predictions."""

import math

import numpy as np
from numpy.typing import NDArray

from ablation.metrics.metric import ClassIndices, Metric, Predicted, Scores, Weights, mean_weighted
from ablation.metrics.recall import hits

CLASS_ACCURACY = "class_accuracy/"
"""What the name of a class's own accuracy begins with; the name of the class follows."""


def class_accuracy(decisions: ClassIndices, labels: ClassIndices, classes: int) -> NDArray[np.float64]:
    """Share of each class's examples that are found (recall), shape (classes,); NaN for a class without examples.

    Args:
        decisions, labels: (n,) int64 in 0..classes-1.
    """
    total = np.bincount(labels, minlength=classes)
    found = np.bincount(labels[decisions == labels], minlength=classes)
    recall: NDArray[np.float64] = np.divide(found, total, out=np.full(classes, math.nan), where=total > 0)
    return recall


def predicted_shares(decisions: ClassIndices, classes: int) -> NDArray[np.float64]:
    """Share of the decisions (n,) int64, n >= 1, that each class has, shape (classes,), summing to 1."""
    shares: NDArray[np.float64] = np.bincount(decisions, minlength=classes) / len(decisions)
    return shares


def class_accuracy_metric(name: str, position: int) -> Metric:
    """The accuracy over the examples of one class (its recall), by its column of the probabilities; NaN without any."""

    def hits_of_class(predicted: Predicted) -> Scores:
        of_class: Scores = hits(predicted)[predicted.labels == position]
        return of_class

    def weighted(predicted: Predicted, weights: Weights) -> Scores:
        return mean_weighted(hits_of_class(predicted), weights[:, predicted.labels == position])

    full_name, label = f"{CLASS_ACCURACY}{name}", f"accuracy of {name}"
    return Metric(full_name, label, "points", True, weighted, per_example=hits_of_class, position=position)
