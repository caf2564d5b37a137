"""Metrics on val that may control a training: they are computed after every epoch.

Those of the package have a name here; a user's own is named by import path, and its source is part of addresses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from ablation.import_path import PATTERN, imported, is_import_path

WatchedName: TypeAlias = Literal[
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
"""A metric of the package, by its name in an epoch's record; ``loss`` is the log-loss."""

Watched: TypeAlias = WatchedName | Annotated[str, Field(pattern=PATTERN)]
"""A metric on the val images, without test-time augmentation."""

_SMALLER_IS_BETTER = ("loss", "brier")


def watched_value(record: Mapping[str, float], metric: Watched) -> float:
    """A metric of one epoch's record, with its sign changed if smaller is better."""
    value = record[f"val/{metric}"]
    return value if _higher_is_better(metric) else -value


def best_epoch(history: Sequence[Mapping[str, float]], metric: Watched, min_gain: float = 0.0) -> int:
    """Position of the best record; a later one counts as better only by more than ``min_gain``, and NaN never does.

    Args:
        history: records of epochs, at least one.
        metric: the metric to compare.
        min_gain: in the raw unit of the metric (0.01 is a point of accuracy), >= 0.
    """
    best = 0
    for number, record in enumerate(history):
        value, highest = watched_value(record, metric), watched_value(history[best], metric)
        if value > highest + min_gain or (highest != highest and value == value):
            best = number
    return best


def _higher_is_better(metric: Watched) -> bool:
    """The direction of a metric; a user's own metric has its own."""
    return bool(imported(metric).higher_is_better) if is_import_path(metric) else metric not in _SMALLER_IS_BETTER
