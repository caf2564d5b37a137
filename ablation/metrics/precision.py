"""Precision and F1, over the classes or of the positive one."""

import numpy as np

from ablation.metrics.counts import ConfusionCounts, counting
from ablation.metrics.metric import Metric, Predicted, Scores, Weights, quotient


def macro_precision(counts: ConfusionCounts) -> Scores:
    """Mean over the classes present of the share of right ones among their predictions; 0 where there are none."""
    return counts.over_present(quotient(counts.correct, counts.predicted, 0.0))


def macro_f1(counts: ConfusionCounts) -> Scores:
    """Mean over the classes present of the harmonic mean of precision and recall; 0 for one never predicted."""
    return counts.over_present(class_f1(counts))


def f1(predicted: Predicted, weights: Weights) -> Scores:
    """Harmonic mean of precision and recall of the positive class, 0 where none of it is found.

    NaN where no class is named positive, and where it has no examples.
    """
    if predicted.positive is None:
        return np.full(len(weights), np.nan)
    counts = ConfusionCounts.of(predicted, weights)
    return np.where(counts.actual[:, predicted.positive] > 0, class_f1(counts)[:, predicted.positive], np.nan)


def class_f1(counts: ConfusionCounts) -> Scores:
    """Harmonic mean of precision and recall of each class, (resamples, classes); 0 where there is neither."""
    return quotient(2 * counts.correct, counts.actual + counts.predicted, 0.0)


MACRO_F1 = Metric(
    "macro_f1",
    "macro F1",
    "points",
    higher_is_better=True,
    weighted=counting(macro_f1),
    per_epoch=True,
    by_class=True,
    order=30,
)
MACRO_PRECISION = Metric(
    "macro_precision",
    "macro precision",
    "points",
    higher_is_better=True,
    weighted=counting(macro_precision),
    by_class=True,
    order=40,
)
F1 = Metric(
    "f1",
    "F1 of the positive class",
    "points",
    higher_is_better=True,
    weighted=f1,
    by_class=True,
    needs_positive=True,
    order=60,
)
