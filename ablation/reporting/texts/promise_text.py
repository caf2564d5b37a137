"""Promises and what came of them, as text: ``+3..+5`` promised, ``+2.02 [+1.70, +2.34]`` measured."""

import math

from ablation.analysis.promises.promises import PromiseOutcome
from ablation.analysis.promises.quantities import direction
from ablation.experiment.config.costs import COST_LABELS
from ablation.experiment.config.promise_values import Promise
from ablation.metrics.per_class import CLASS_ACCURACY
from ablation.metrics.registry import is_metric, metric
from ablation.reporting.tables.cells import NOTHING, fixed, settled


def promise_text(promise: Promise) -> str:
    """``+3..+5`` for a gain in accuracy, else with its name: ``AUROC: 90..95``, ``parameters: x0.5``.

    ``less gap: +5..+10`` is a gain where less is better.
    """
    sizes = (_short(bound) for bound in (promise.low, promise.high))
    low, high = (_marked(f"{size:g}{suffix}", promise.kind) for size, suffix in sizes)
    text = low if low == high else f"{low}..{high}"
    if (promise.metric, promise.kind) == ("accuracy", "gain"):
        return text
    less = "less " if promise.kind == "gain" and direction(promise.metric) < 0 else ""
    return f"{less}{_label(promise.metric)}: {text}"


def measured_text(outcome: PromiseOutcome) -> str:
    """``+2.02 [+1.70, +2.34]`` in the unit of its promise; ``-`` where nothing was measured."""
    interval = outcome.measured
    if interval is None:
        return NOTHING
    values = [settled(value) for value in (interval.mean, interval.low, interval.high)]
    mean, low, high = (_rounded(value, outcome.promise) for value in values)
    if not interval.known:
        return f"{mean} (n = {interval.n})"
    return mean if values[1] == values[2] else f"{mean} [{low}, {high}]"


def _label(name: str) -> str:
    if name.startswith(CLASS_ACCURACY):
        return f"accuracy of {name.removeprefix(CLASS_ACCURACY)}"
    return metric(name).label if is_metric(name) else COST_LABELS.get(name, name)


def _rounded(value: float, promise: Promise) -> str:
    """Two decimals for points and ratios, four for metrics in small numbers, four digits for costs."""
    if math.isnan(value):
        return ""
    if promise.metric in COST_LABELS and promise.kind != "ratio":
        size, suffix = _short(value)
        return _marked(f"{size + 0.0:.4g}{suffix}", promise.kind)
    small = is_metric(promise.metric) and metric(promise.metric).unit != "points"
    places = 4 if small and promise.kind != "ratio" else 2
    return _marked(fixed(value, places), promise.kind)


def _short(value: float) -> tuple[float, str]:
    """Thousands and millions as such."""
    if abs(value) >= 1e6:
        return value / 1e6, "M"
    return (value / 1e3, "k") if abs(value) >= 1e4 else (value, "")


def _marked(number: str, kind: str) -> str:
    """``+2``, ``x2`` or ``2``: what kind of number it is."""
    if kind == "gain" and not number.startswith("-"):
        return f"+{number}"
    return f"x{number}" if kind == "ratio" else number
