"""Validation metrics that a training may steer itself by: they are measured after every epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

Watched = Literal[
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "macro_precision",
    "macro_recall",
    "mcc",
    "auroc",
    "average_precision",
    "loss",
    "brier",
]
"""A metric on the validation images, without test-time views; ``loss`` is the log-loss."""

_SMALLER_IS_BETTER = ("loss", "brier")


def watched_value(record: Mapping[str, float], metric: Watched) -> float:
    """A metric of one epoch's record, turned so that greater is better."""
    value = record[f"val/{metric}"]
    return -value if metric in _SMALLER_IS_BETTER else value


def best_epoch(history: Sequence[Mapping[str, float]], metric: Watched, min_gain: float = 0.0) -> int:
    """Position of the best record; a later one counts as better only by more than ``min_gain``, and NaN never does.

    Args:
        history: records of epochs, at least one.
        metric: what they are compared by.
        min_gain: in the raw unit of the metric (0.01 is a point of accuracy), >= 0.
    """
    best = 0
    for number, record in enumerate(history):
        value, highest = watched_value(record, metric), watched_value(history[best], metric)
        if value > highest + min_gain or (highest != highest and value == value):
            best = number
    return best
