"""A user's own metric, named by import path: ``my_metrics:KAPPA`` is a ``Metric`` of a module in the file's folder.

Its name is its import path everywhere; the ``name`` that its module gives it is not used. What its formulas return is
checked at each call, so that a mistake in them ends in one message.
"""

import dataclasses
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ablation.errors import UserError
from ablation.import_path import imported
from ablation.metrics.metric import Metric, PerExample, Predicted, Scores, Weights

TOLERANCE = 1e-6
"""Largest difference between a metric and the mean of its examples, in the raw unit, relative above 1."""


def own_metric(path: str) -> Metric:
    """The user's own metric at ``module:name``.

    Raises:
        UserError: it cannot be imported, or is no ``Metric``. The returned formulas raise one too: where the user's
            function raises or returns the wrong shape, and where the mean of ``per_example`` is not the metric.
    """
    declared = imported(path, "metric")
    module, _, name = path.partition(":")
    place = f"{getattr(sys.modules[module], '__file__', module)}: {name}"
    if not isinstance(declared, Metric):
        raise UserError(
            f"'{path}' is no Metric, but {type(declared).__name__}",
            place=place,
            remedy="declare one: NAME = Metric(name, label, unit, higher_is_better, weighted)",
        )

    def weighted(predicted: Predicted, weights: Weights) -> Scores:
        return _result(lambda: declared.weighted(predicted, weights), (len(weights),), f"{place}: weighted")

    metric = dataclasses.replace(declared, name=path, weighted=weighted, per_epoch=False, epoch_name="")
    if declared.per_example is None:
        return metric
    return dataclasses.replace(metric, per_example=_checked_examples(declared.per_example, metric, place))


def _checked_examples(formula: PerExample, metric: Metric, place: str) -> PerExample:
    def per_example(predicted: Predicted) -> Scores:
        members = len(predicted.labels) if metric.position is None else np.sum(predicted.labels == metric.position)
        scores = _result(lambda: formula(predicted), (int(members),), f"{place}: per_example")
        mean, value = scores.mean() if len(scores) else np.nan, metric.value(predicted)
        if not np.isclose(mean, value, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
            raise UserError(
                f"the mean of per_example is {mean:g}, weighted gives {value:g}",
                place=place,
                remedy="leave per_example out of a metric that is no mean over examples",
            )
        return scores

    return per_example


def _result(formula: Callable[[], Any], shape: tuple[int, ...], place: str) -> Scores:
    """What a user's function returns, as float64 of that shape."""
    try:
        scores: Scores = np.asarray(formula(), dtype=np.float64)
    except Exception as error:  # whatever the user's function raises
        raise UserError(f"raised {type(error).__name__}: {error}", place=place) from error
    if scores.shape != shape:
        raise UserError(f"returned the shape {scores.shape}", place=place, remedy=f"return the shape {shape}")
    return scores
