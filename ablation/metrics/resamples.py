"""Every metric over many bootstrap resamples at once, without torch and scikit-learn.

A resample is told by how often it holds each example. One that holds each once is the set itself, so that a report
scores kept predictions here too; what a training records comes from ``ablation.metrics.scores``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from ablation.metrics import counts, ranking
from ablation.metrics.counts import Counts, Scores, Weights, quotient, summed_by
from ablation.metrics.examples import ExampleScores, example_scores, surprise
from ablation.metrics.scores import ECE_BINS, Labels, Metric, Predicted, confidence_bins, metric, squared_errors


def bootstrap_weights(labels: Labels, resamples: int, generator: np.random.Generator, by_class: bool) -> Weights:
    """How often each example stands in each bootstrap resample, (resamples, n).

    One example less is drawn than there are, or of each class where classes are kept apart: the spread of a mean over
    such resamples is its standard error, which n of n would understate, by a tenth in a class of five.

    The same weights serve every replicate and both arms of a comparison, since those share their test examples.

    Args:
        labels: (n,) int64 in 0..classes-1.
        resamples: how many, >= 1.
        generator: where the draws come from.
        by_class: whether each class keeps its share of examples.
    """
    strata = [np.flatnonzero(labels == each) for each in np.unique(labels)] if by_class else [np.arange(len(labels))]
    weights = np.zeros((resamples, len(labels)), dtype=np.int32)
    for members in strata:
        drawn = generator.integers(len(members), size=(resamples, max(1, len(members) - 1)))
        weights[:, members] = [np.bincount(each, minlength=len(members)) for each in drawn]
    return weights


def resampled_scores(asked: str | Metric, predicted: Predicted, weights: Weights) -> Scores:
    """The raw metric of each resample, (resamples,): what its formula gives for the examples so often repeated.

    A metric of one class looks at the columns of that class's examples, and is NaN where a resample has none of them.

    Args:
        asked: a name among ``METRICS``, or a metric such as ``class_accuracy_metric`` makes.
        predicted: of n examples.
        weights: how often each example stands in each resample, (resamples, n), >= 0.

    Raises:
        UserError: the name is unknown.
    """
    wanted = metric(asked) if isinstance(asked, str) else asked
    if wanted.position is None:
        return RESAMPLED[wanted.name](predicted, weights)
    of_class = example_scores(wanted, predicted)
    assert of_class is not None
    return _mean(of_class, weights[:, predicted.labels == wanted.position])


def score(asked: str | Metric, predicted: Predicted) -> float:
    """The raw metric of the examples as they are: what ``evaluate`` gives, up to rounding, for a report to compute.

    Raises:
        UserError: the name is unknown.
    """
    return float(resampled_scores(asked, predicted, np.ones((1, len(predicted.labels)), dtype=np.int32))[0])


def _mean(examples: ExampleScores, weights: Weights) -> Scores:
    return quotient(weights @ examples, weights.sum(axis=1), np.nan)


def _counting(formula: Callable[[Counts], Scores]) -> Formula:
    return lambda predicted, weights: formula(Counts.of(predicted, weights))


def _f1(predicted: Predicted, weights: Weights) -> Scores:
    return counts.f1(Counts.of(predicted, weights), predicted.positive)


def _ece(predicted: Predicted, weights: Weights) -> Scores:
    """See ``ablation.metrics.scores.ece``."""
    place, excess = confidence_bins(predicted)
    error: Scores = np.abs(summed_by(place, weights * excess, ECE_BINS)).sum(axis=1) / weights.sum(axis=1)
    return error


Formula: TypeAlias = Callable[[Predicted, Weights], Scores]
"""Takes weights (resamples, n) and gives scores (resamples,)."""

RESAMPLED: Mapping[str, Formula] = MappingProxyType(
    {
        "accuracy": _counting(counts.accuracy),
        "balanced_accuracy": _counting(counts.macro_recall),
        "macro_f1": _counting(counts.macro_f1),
        "macro_precision": _counting(counts.macro_precision),
        "macro_recall": _counting(counts.macro_recall),
        "f1": _f1,
        "mcc": _counting(counts.mcc),
        "auroc": ranking.auroc,
        "average_precision": ranking.average_precision,
        "log_loss": lambda predicted, weights: _mean(surprise(predicted), weights),
        "brier": lambda predicted, weights: _mean(squared_errors(predicted), weights),
        "ece": _ece,
    }
)
"""Every metric by name."""
