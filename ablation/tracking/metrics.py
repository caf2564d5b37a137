"""Metrics as MLflow accepts them: names, numbers, and batches of whole steps."""

import math
import posixpath
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping

from mlflow.entities import Metric

StepMetrics = tuple[int, Mapping[str, float]]
"""A step and its metrics."""

LARGEST_BATCH = 1000
LONGEST_NAME = 250
SPOKEN = {"@": "_at_", "%": "_percent"}


def accepted_name(name: str) -> str:
    """The name with characters that MLflow rejects replaced: ``acc@5`` becomes ``acc_at_5``; accepted names stay.

    Raises:
        ValueError: the result is empty or longer than 250 characters.
    """
    for sign, words in SPOKEN.items():
        name = name.replace(sign, words)
    name = re.sub(r"[^\w\-. :/]", "_", name)
    parts = [part for part in posixpath.normpath(name).split("/") if part not in ("", ".", "..")]
    name = "/".join(parts)
    if not name or len(name) > LONGEST_NAME:
        raise ValueError(f"not a metric name for MLflow, which takes 1 to {LONGEST_NAME} characters: {name!r}")
    return name


def accepted_value(value: float) -> float:
    """The value; infinities become the largest float of their sign, as MLflow stores them, and NaN stays."""
    value = float(value)
    return math.copysign(sys.float_info.max, value) if math.isinf(value) else value


def as_metrics(step: int, values: Mapping[str, float]) -> list[Metric]:
    """One step's metrics with the present time."""
    now = int(time.time() * 1000)
    return [Metric(accepted_name(name), accepted_value(value), now, step) for name, value in values.items()]


def whole_steps(steps: Iterable[list[Metric]]) -> Iterator[list[Metric]]:
    """Batches of at most 1000 metrics that never split a step, so that a step is recorded completely or not at all."""
    batch: list[Metric] = []
    for step in steps:
        if batch and len(batch) + len(step) > LARGEST_BATCH:
            yield batch
            batch = []
        batch = batch + step
    if batch:
        yield batch
