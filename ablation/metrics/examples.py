"""Scores that are means over examples, one example at a time: what an interval over test examples stands on.

NumPy alone, so that a report computes them from kept predictions without torch and scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ablation.metrics.scores import Metric, Predicted, metric, squared_errors

ExampleScores: TypeAlias = NDArray[np.float64]


def example_scores(asked: str | Metric, predicted: Predicted) -> ExampleScores | None:
    """What each example adds to a metric: shape (n,), its plain mean is the metric's raw value.

    None for a metric that is a function of the whole set: macro F1 and precision, F1, MCC, AUROC, average precision,
    calibration error. A metric of one class looks at that class's examples alone: shape (its examples,).

    Args:
        asked: a name among ``METRICS``, or a metric such as ``class_accuracy_metric`` makes.
        predicted: of n examples.

    Raises:
        UserError: the name is unknown.
    """
    wanted = metric(asked) if isinstance(asked, str) else asked
    if wanted.position is not None:
        of_class: ExampleScores = hits(predicted)[predicted.labels == wanted.position]
        return of_class
    formula = EXAMPLES.get(wanted.name)
    return formula(predicted) if formula else None


def hits(predicted: Predicted) -> ExampleScores:
    """1 where an example is taken for what it is, else 0."""
    hit: ExampleScores = (predicted.decisions == predicted.labels).astype(np.float64)
    return hit


def balanced_hits(predicted: Predicted) -> ExampleScores:
    """Hits times n / (classes present * examples of the class), so that each class present weighs the same."""
    of_class = np.bincount(predicted.labels)
    share: ExampleScores = len(predicted.labels) / (np.count_nonzero(of_class) * of_class[predicted.labels])
    return hits(predicted) * share


def surprise(predicted: Predicted) -> ExampleScores:
    """-log p of the true class in nats; rows brought to sum 1, p kept 2.2e-16 from 0 and 1, as ``log_loss`` does."""
    rows = predicted.probabilities.astype(np.float64)
    true = rows[np.arange(len(rows)), predicted.labels] / rows.sum(axis=1)
    tiny = np.finfo(np.float64).eps
    nats: ExampleScores = -np.log(np.clip(true, tiny, 1 - tiny))
    return nats


EXAMPLES: Mapping[str, Callable[[Predicted], ExampleScores]] = MappingProxyType(
    {
        "accuracy": hits,
        "balanced_accuracy": balanced_hits,
        "macro_recall": balanced_hits,
        "log_loss": surprise,
        "brier": squared_errors,
    }
)
"""The metrics that are means over examples, by name, and what they are means of."""
