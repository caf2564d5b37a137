"""What a classifier is scored by: each metric with its unit, its direction and its formula, in one table.

Every formula takes probabilities (n, classes) float32, rows summing to 1, and labels (n,) int64, n >= 1. A class
without an example among the labels is left out of every average over classes: neither its recall nor its ranking is
defined, and a score that counted it as 0 would change with the split. Predicting such a class still costs the class
that was missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ablation.errors import UserError, nearest

Probabilities: TypeAlias = NDArray[np.float32]
Labels: TypeAlias = NDArray[np.int64]

ECE_BINS = 15


@dataclass(frozen=True)
class Metric:
    """A named score.

    Args:
        name: as experiment files and columns write it.
        label: as people read it.
        unit: ``points`` for proportions, shown times 100; ``nats``; empty for a plain number.
        greater_is_better: the direction; a gain is positive when better.
        formula: (probabilities, labels) to the raw score, a proportion in 0..1 where the unit is points.
    """

    name: str
    label: str
    unit: str
    greater_is_better: bool
    formula: Callable[[Probabilities, Labels], float] = field(repr=False, compare=False)

    @property
    def scale(self) -> float:
        """What a raw score is multiplied by to be shown."""
        return 100.0 if self.unit == "points" else 1.0

    @property
    def gain_scale(self) -> float:
        """What a raw difference is multiplied by to be shown as a gain, positive when better."""
        return self.scale if self.greater_is_better else -self.scale


def accuracy(probabilities: Probabilities, labels: Labels) -> float:
    """Share of examples whose most probable class is theirs."""
    return float(np.count_nonzero(probabilities.argmax(axis=1) == labels) / len(labels))


def balanced_accuracy(probabilities: Probabilities, labels: Labels) -> float:
    """Mean over the classes present of the share of their examples that are found (mean recall)."""
    hit = probabilities.argmax(axis=1) == labels
    total = np.bincount(labels)
    found = np.bincount(labels[hit], minlength=len(total))
    present = total > 0
    return float(np.mean(found[present] / total[present]))


def macro_precision(probabilities: Probabilities, labels: Labels) -> float:
    """Mean precision over the classes present; 0 for one that is never predicted."""
    from sklearn.metrics import precision_score

    return float(precision_score(labels, probabilities.argmax(axis=1), **_over_present(labels)))


def macro_recall(probabilities: Probabilities, labels: Labels) -> float:
    """Mean recall over the classes present: balanced accuracy by its other name."""
    return balanced_accuracy(probabilities, labels)


def macro_f1(probabilities: Probabilities, labels: Labels) -> float:
    """Mean over the classes present of the harmonic mean of precision and recall; 0 for one never predicted."""
    from sklearn.metrics import f1_score

    return float(f1_score(labels, probabilities.argmax(axis=1), **_over_present(labels)))


def mcc(probabilities: Probabilities, labels: Labels) -> float:
    """Matthews correlation of labels and predictions, -1..1; 0 where either has one class only."""
    from sklearn.metrics import matthews_corrcoef

    if labels.min() == labels.max():
        return 0.0
    return float(matthews_corrcoef(labels, probabilities.argmax(axis=1)))


def auroc(probabilities: Probabilities, labels: Labels) -> float:
    """Area under the ROC curve, each class present against the rest, averaged; NaN where one class is all there is."""
    from sklearn.metrics import roc_auc_score

    present = np.unique(labels)
    if len(present) < 2:
        return math.nan
    return float(np.mean([roc_auc_score(labels == each, probabilities[:, each]) for each in present]))


def average_precision(probabilities: Probabilities, labels: Labels) -> float:
    """Area under precision against recall, each class present against the rest, averaged."""
    from sklearn.metrics import average_precision_score

    present = np.unique(labels)
    return float(np.mean([average_precision_score(labels == each, probabilities[:, each]) for each in present]))


def log_loss(probabilities: Probabilities, labels: Labels) -> float:
    """Mean of -log p of the true class, in nats; p is kept at or above 2.2e-16, as scikit-learn does for doubles."""
    from sklearn.metrics import log_loss as sklearn_log_loss

    return float(sklearn_log_loss(labels, _summing_to_one(probabilities), labels=np.arange(probabilities.shape[1])))


def brier(probabilities: Probabilities, labels: Labels) -> float:
    """Mean over examples of the squared error summed over classes, 0..2 whatever the number of classes."""
    truth = np.zeros(probabilities.shape, dtype=np.float64)
    truth[np.arange(len(labels)), labels] = 1.0
    return float(np.mean(np.sum((probabilities - truth) ** 2, axis=1)))


def ece(probabilities: Probabilities, labels: Labels) -> float:
    """Expected calibration error of the top class: |accuracy - confidence| over 15 equal-width bins, by their share.

    It depends on the bins and is biased upwards on small sets, so no verdict stands on it.
    Source: Guo et al. 2017, arXiv:1706.04599.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    hit = probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * ECE_BINS).astype(np.int64), ECE_BINS - 1)
    excess = np.bincount(place, weights=hit - confidence, minlength=ECE_BINS)
    return float(np.abs(excess).sum() / len(labels))


def _over_present(labels: Labels) -> dict[str, object]:
    return {"labels": np.unique(labels), "average": "macro", "zero_division": 0}


def _summing_to_one(probabilities: Probabilities) -> NDArray[np.float64]:
    """In double precision: rows of float32 sum to 1 only to about 1e-7, of which scikit-learn would warn."""
    double = probabilities.astype(np.float64)
    rows: NDArray[np.float64] = double / double.sum(axis=1, keepdims=True)
    return rows


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        each.name: each
        for each in (
            Metric("accuracy", "accuracy", "points", True, accuracy),
            Metric("balanced_accuracy", "balanced accuracy", "points", True, balanced_accuracy),
            Metric("macro_f1", "macro F1", "points", True, macro_f1),
            Metric("macro_precision", "macro precision", "points", True, macro_precision),
            Metric("macro_recall", "macro recall", "points", True, macro_recall),
            Metric("mcc", "Matthews correlation", "", True, mcc),
            Metric("auroc", "AUROC", "points", True, auroc),
            Metric("average_precision", "average precision", "points", True, average_precision),
            Metric("log_loss", "log-loss", "nats", False, log_loss),
            Metric("brier", "Brier score", "", False, brier),
            Metric("ece", "calibration error", "points", False, ece),
        )
    }
)
"""All metrics by name, in the order in which they are listed."""


def metric(name: str) -> Metric:
    """The metric of that name.

    Raises:
        UserError: there is none; the nearest name is given.
    """
    if name not in METRICS:
        raise UserError(f"unknown metric {name!r}", place="metric", remedy=nearest(name, METRICS))
    return METRICS[name]


def evaluate(names: Iterable[str], probabilities: Probabilities, labels: Labels) -> dict[str, float]:
    """The raw score of each named metric.

    Args:
        names: keys of ``METRICS``.
        probabilities: (n, classes) float32, rows summing to 1.
        labels: (n,) int64 in 0..classes-1; a class may be absent.

    Raises:
        UserError: a name is unknown.
    """
    return {name: metric(name).formula(probabilities, labels) for name in names}
