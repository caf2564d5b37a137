"""What a classifier is scored by: each metric with its unit, its direction and its formula, in one table.

Scores that count hits take the decisions; those that rank examples or judge probabilities take the probabilities. A
class without an example among the labels is left out of every average over classes: neither its recall nor its ranking
is defined, and a score that counted it as 0 would change with the split. Predicting such a class still costs the class
that was missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
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
class Predicted:
    """What was predicted of some examples, and what they are.

    Args:
        probabilities: (n, classes) float32, rows summing to 1, n >= 1.
        labels: (n,) int64 in 0..classes-1; a class may be absent.
        decisions: (n,) int64, the class each example is taken for: its most probable, unless a threshold decides.
        positive: the class that ``f1`` scores; None where none is named.
    """

    probabilities: Probabilities
    labels: Labels
    decisions: Labels
    positive: int | None = None


@dataclass(frozen=True)
class Metric:
    """A named score.

    Args:
        name: as experiment files and columns write it.
        label: as people read it.
        unit: ``points`` for proportions, shown times 100; ``nats``; empty for a plain number.
        greater_is_better: the direction; a gain is positive when better.
        formula: predictions to the raw score, a proportion in 0..1 where the unit is points.
        by_class: every class weighs the same however many examples it has, so a class's examples are a stratum: their
            number is a given where the test set is thought redrawn.
        position: the class whose examples alone count; None for all.
    """

    name: str
    label: str
    unit: str
    greater_is_better: bool
    formula: Callable[[Predicted], float] = field(repr=False, compare=False)
    by_class: bool = False
    position: int | None = None

    @property
    def scale(self) -> float:
        """What a raw score is multiplied by to be shown."""
        return 100.0 if self.unit == "points" else 1.0

    @property
    def gain_scale(self) -> float:
        """What a raw difference is multiplied by to be shown as a gain, positive when better."""
        return self.scale if self.greater_is_better else -self.scale


def class_accuracy(decisions: Labels, labels: Labels, classes: int) -> NDArray[np.float64]:
    """Share of each class's examples that are found (recall), shape (classes,); NaN for a class without examples.

    Args:
        decisions: (n,) int64 in 0..classes-1.
        labels: (n,) int64 in 0..classes-1.
        classes: how many there are.
    """
    total = np.bincount(labels, minlength=classes)
    found = np.bincount(labels[decisions == labels], minlength=classes)
    recall: NDArray[np.float64] = np.divide(found, total, out=np.full(classes, math.nan), where=total > 0)
    return recall


def predicted_shares(decisions: Labels, classes: int) -> NDArray[np.float64]:
    """Share of the examples taken for each class, shape (classes,), summing to 1; decisions (n,) int64, n >= 1."""
    shares: NDArray[np.float64] = np.bincount(decisions, minlength=classes) / len(decisions)
    return shares


def accuracy(predicted: Predicted) -> float:
    """Share of examples taken for what they are."""
    return float(np.count_nonzero(predicted.decisions == predicted.labels) / len(predicted.labels))


def balanced_accuracy(predicted: Predicted) -> float:
    """Mean over the classes present of the share of their examples that are found (mean recall)."""
    recall = class_accuracy(predicted.decisions, predicted.labels, predicted.probabilities.shape[1])
    return float(np.mean(recall[~np.isnan(recall)]))


def macro_precision(predicted: Predicted) -> float:
    """Mean precision over the classes present; 0 for one that is never predicted."""
    from sklearn.metrics import precision_score

    return float(precision_score(predicted.labels, predicted.decisions, **_over_present(predicted.labels)))


def macro_recall(predicted: Predicted) -> float:
    """Mean recall over the classes present: balanced accuracy by its other name."""
    return balanced_accuracy(predicted)


def macro_f1(predicted: Predicted) -> float:
    """Mean over the classes present of the harmonic mean of precision and recall; 0 for one never predicted."""
    from sklearn.metrics import f1_score

    return float(f1_score(predicted.labels, predicted.decisions, **_over_present(predicted.labels)))


def f1(predicted: Predicted) -> float:
    """Harmonic mean of precision and recall of the positive class, 0 where none of it is found.

    NaN where no class is named positive, and where none of its examples is there.
    """
    from sklearn.metrics import f1_score

    if predicted.positive not in predicted.labels:
        return math.nan
    return float(f1_score(predicted.labels == predicted.positive, predicted.decisions == predicted.positive))


def mcc(predicted: Predicted) -> float:
    """Matthews correlation of labels and decisions, -1..1; 0 where either has one class only."""
    from sklearn.metrics import matthews_corrcoef

    if predicted.labels.min() == predicted.labels.max():
        return 0.0
    return float(matthews_corrcoef(predicted.labels, predicted.decisions))


def auroc(predicted: Predicted) -> float:
    """Area under the ROC curve, each class present against the rest, averaged; NaN where one class is all there is."""
    from sklearn.metrics import roc_auc_score

    members, probabilities = _one_against_rest(predicted)
    if members.shape[1] < 2:
        return math.nan
    return float(np.mean(roc_auc_score(members, probabilities, average=None)))


def average_precision(predicted: Predicted) -> float:
    """Area under precision against recall, each class present against the rest, averaged."""
    from sklearn.metrics import average_precision_score

    return float(np.mean(average_precision_score(*_one_against_rest(predicted), average=None)))


def log_loss(predicted: Predicted) -> float:
    """Mean of -log p of the true class, in nats; p is kept at or above 2.2e-16, as scikit-learn does for doubles."""
    from sklearn.metrics import log_loss as sklearn_log_loss

    classes = np.arange(predicted.probabilities.shape[1])
    return float(sklearn_log_loss(predicted.labels, _summing_to_one(predicted.probabilities), labels=classes))


def brier(predicted: Predicted) -> float:
    """Mean over examples of the squared error summed over classes, 0..2 whatever the number of classes."""
    return float(np.mean(squared_errors(predicted)))


def squared_errors(predicted: Predicted) -> NDArray[np.float64]:
    """Squared distance of each example's probabilities from the truth, summed over classes: (n,), each 0..2."""
    truth = np.zeros(predicted.probabilities.shape, dtype=np.float64)
    truth[np.arange(len(truth)), predicted.labels] = 1.0
    errors: NDArray[np.float64] = np.sum((predicted.probabilities - truth) ** 2, axis=1)
    return errors


def ece(predicted: Predicted) -> float:
    """Expected calibration error of the top class: |accuracy - confidence| over 15 equal-width bins, by their share.

    It judges the most probable class whatever was decided, since the confidence is that class's. It depends on the
    bins and is biased upwards on small sets, so no verdict stands on it.
    Source: Guo et al. 2017, arXiv:1706.04599.
    """
    place, excess = confidence_bins(predicted)
    return float(np.abs(np.bincount(place, weights=excess, minlength=ECE_BINS)).sum() / len(place))


def confidence_bins(predicted: Predicted) -> tuple[Labels, NDArray[np.float64]]:
    """The bin of each example's confidence, and its hit (1 or 0) minus its confidence, of the top class, each (n,)."""
    confidence = predicted.probabilities.max(axis=1).astype(np.float64)
    hit = predicted.probabilities.argmax(axis=1) == predicted.labels
    place = np.minimum((confidence * ECE_BINS).astype(np.int64), ECE_BINS - 1)
    return place, hit - confidence


def _over_present(labels: Labels) -> dict[str, object]:
    return {"labels": np.unique(labels), "average": "macro", "zero_division": 0}


def _one_against_rest(predicted: Predicted) -> tuple[NDArray[np.bool_], Probabilities]:
    """Which examples are of each class present, and its probabilities, both (n, present).

    All classes in one call: scikit-learn's checks of what it is given take longer than a class's score.
    """
    present = np.unique(predicted.labels)
    return predicted.labels[:, np.newaxis] == present, predicted.probabilities[:, present]


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
            Metric("balanced_accuracy", "balanced accuracy", "points", True, balanced_accuracy, by_class=True),
            Metric("macro_f1", "macro F1", "points", True, macro_f1, by_class=True),
            Metric("macro_precision", "macro precision", "points", True, macro_precision, by_class=True),
            Metric("macro_recall", "macro recall", "points", True, macro_recall, by_class=True),
            Metric("f1", "F1 of the positive class", "points", True, f1, by_class=True),
            Metric("mcc", "Matthews correlation", "", True, mcc),
            Metric("auroc", "AUROC", "points", True, auroc, by_class=True),
            Metric("average_precision", "average precision", "points", True, average_precision, by_class=True),
            Metric("log_loss", "log-loss", "nats", False, log_loss),
            Metric("brier", "Brier score", "", False, brier),
            Metric("ece", "calibration error", "points", False, ece),
        )
    }
)
"""All metrics by name, in the order in which they are listed."""


CLASS_ACCURACY = "class_accuracy/"
"""What the name of a class's own accuracy begins with; the name of the class follows."""


def class_accuracy_metric(name: str, position: int) -> Metric:
    """The accuracy over the examples of one class (its recall); NaN where it has none.

    Args:
        name: of the class.
        position: of the class among the columns of the probabilities.
    """

    def formula(predicted: Predicted) -> float:
        return float(class_accuracy(predicted.decisions, predicted.labels, predicted.probabilities.shape[1])[position])

    return Metric(f"{CLASS_ACCURACY}{name}", f"accuracy of {name}", "points", True, formula, position=position)


def metric(name: str, classes: Sequence[str] = ()) -> Metric:
    """The metric of that name; with the names of the classes in their order, ``class_accuracy/<class>`` is one too.

    Raises:
        UserError: there is none; the nearest name is given.
    """
    if name in METRICS:
        return METRICS[name]
    of_classes = {f"{CLASS_ACCURACY}{each}": position for position, each in enumerate(classes)}
    if name not in of_classes:
        raise UserError(f"unknown metric {name!r}", place="metric", remedy=nearest(name, [*METRICS, *of_classes]))
    return class_accuracy_metric(classes[of_classes[name]], of_classes[name])


def evaluate(
    names: Iterable[str],
    probabilities: Probabilities,
    labels: Labels,
    decisions: Labels | None = None,
    positive: int | None = None,
) -> dict[str, float]:
    """The raw score of each named metric.

    Args:
        names: keys of ``METRICS``.
        probabilities: (n, classes) float32, rows summing to 1.
        labels: (n,) int64 in 0..classes-1; a class may be absent.
        decisions: (n,) int64, the class each example is taken for; None for the most probable.
        positive: the class that ``f1`` scores, which is NaN for None.

    Raises:
        UserError: a name is unknown.
    """
    taken_for = probabilities.argmax(axis=1) if decisions is None else decisions
    predicted = Predicted(probabilities, labels, taken_for, positive)
    return {name: metric(name).formula(predicted) for name in names}
