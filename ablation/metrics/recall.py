"""Accuracy and mean recall: means over examples of hits."""

from dataclasses import replace

import numpy as np

from ablation.metrics.counts import ConfusionCounts, counting
from ablation.metrics.metric import Metric, Predicted, Scores, mean_of_examples, quotient


def hits(predicted: Predicted) -> Scores:
    """1 where the decision is the label, else 0; (n,)."""
    hit: Scores = (predicted.decisions == predicted.labels).astype(np.float64)
    return hit


def balanced_hits(predicted: Predicted) -> Scores:
    """Hits times n / (classes present * examples of the class), so that each class present weighs the same; (n,)."""
    of_class = np.bincount(predicted.labels)
    share: Scores = len(predicted.labels) / (np.count_nonzero(of_class) * of_class[predicted.labels])
    return hits(predicted) * share


def macro_recall(counts: ConfusionCounts) -> Scores:
    """Mean over the classes present of the share of their examples that are found."""
    return counts.over_present(quotient(counts.correct, counts.actual, 0.0))


ACCURACY = Metric(
    "accuracy",
    "accuracy",
    "points",
    higher_is_better=True,
    weighted=mean_of_examples(hits),
    per_example=hits,
    per_epoch=True,
    order=10,
)
BALANCED_ACCURACY = Metric(
    "balanced_accuracy",
    "balanced accuracy",
    "points",
    higher_is_better=True,
    weighted=counting(macro_recall),
    per_example=balanced_hits,
    per_epoch=True,
    by_class=True,
    order=20,
)
MACRO_RECALL = replace(BALANCED_ACCURACY, name="macro_recall", label="macro recall", per_epoch=False, order=50)
"""The same score under its other name."""
