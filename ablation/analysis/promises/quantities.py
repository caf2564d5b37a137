"""Measures the quantities that promises are about: a gain, a level or a ratio of a metric, a cost or the gap.

A metric has the interval of the protocol; a cost or the gap, which does not depend on the test examples, has Student's
paired t over replicates. A ratio is geometric: its interval is computed from the logarithms.
"""

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ablation.analysis.comparison.arms import Arm, combined
from ablation.analysis.comparison.comparison import IntervalRule
from ablation.analysis.comparison.evidence import Evidence
from ablation.experiment.config.costs import ACCURACY_GAP, COST_LABELS
from ablation.experiment.config.promise_values import Promise, WiderPromise
from ablation.experiment.planning.plan import Plan
from ablation.metrics.per_class import CLASS_ACCURACY
from ablation.metrics.registry import is_metric, metric
from ablation.stats.interval import Interval, t_interval
from ablation.stats.paired import paired_t

MORE_IS_BETTER = frozenset({"images_per_second"})
"""Columns of which more is better; of all other costs, and of the gap, less is better."""

OF_THE_MODEL = frozenset({"parameters", "latency_ms_1", "latency_ms_64"})
"""Columns measured once for a model, not once for each replicate. They have no spread over replicates: the number of
parameters is exact, and a latency is one measurement."""

TIMING = 0.1
"""Relative error assumed of a latency, and of a ratio of latencies."""


@dataclass(frozen=True)
class Span:
    """The part of the ladder that a promise is about.

    Args:
        of: a row's name, ``baseline``, ``total``, or names of rungs joined by +.
        weights: of the variants whose weighted sum is the gain; empty for the baseline, which has no gain.
        end: the variant at its end, for promises of a level.
    """

    of: str
    weights: Mapping[str, float]
    end: str


def step_span(above: str, row: str) -> Span:
    """Returns the span from one row of the ladder to the next."""
    return Span(row, _weights([(above, row)]), row)


def total_span(plan: Plan) -> Span:
    """Returns the span from the baseline to the last row."""
    first, last = plan.ladder_rows[0], plan.ladder_rows[-1]
    return Span("total", _weights([(first, last)]), last)


def promise_span(promise: WiderPromise, plan: Plan) -> Span | None:
    """Returns the baseline, the total, or the sum of several rungs' steps; None where none of the rungs is in use."""
    if not promise.of:
        return Span("baseline", {}, plan.ladder_rows[0])
    changing = [rung.name for rung in plan.rungs if not rung.control]
    names = [name for name in changing if name in promise.of]
    if not names:
        return None
    if names == changing:
        return total_span(plan)
    steps = {rung.name: rows for rung, rows in zip(plan.rungs, pairwise(plan.ladder_rows), strict=True)}
    return Span(" + ".join(names), _weights([steps[name] for name in names]), steps[names[-1]][1])


def measured_interval(promise: Promise, span: Span, evidence: Evidence) -> Interval | None:
    """Returns the interval of the promised quantity, in the unit of the promise.

    None where a replicate is missing or was not measured, and for a ratio of values that are not all positive. The mean
    and bounds of a ratio are exponentials of those of the mean logarithm; its sd is that of the logarithms.

    Raises:
        UserError: there is no such metric.
    """
    arm = _arm(promise, span, evidence)
    if arm is None:
        return None
    interval = _interval(arm, promise.metric, IntervalRule.of(evidence.plan))
    if promise.kind != "ratio":
        return interval
    mean, low, high = map(math.exp, (interval.mean, interval.low, interval.high))
    return dataclasses.replace(interval, mean=mean, low=low, high=high)


def direction(name: str) -> int:
    """Returns 1 where more of a metric or cost is better, else -1."""
    if is_metric(name):
        return 1 if metric(name).higher_is_better else -1
    return 1 if name in MORE_IS_BETTER or name.startswith(CLASS_ACCURACY) else -1


def is_of_the_model(interval: Interval, name: str) -> bool:
    """Whether the quantity was measured once for the model, so that the number of replicates does not matter."""
    return name in OF_THE_MODEL and math.isinf(interval.df)


def _weights(steps: Sequence[tuple[str, str]]) -> dict[str, float]:
    """The weights of variants in a sum of (above, row) steps; rows in between cancel out."""
    weights: Counter[str] = Counter()
    for above, row in steps:
        weights[row] += 1
        weights[above] -= 1
    return {row: float(weight) for row, weight in weights.items() if weight} or dict.fromkeys(weights, 0.0)


def _arm(promise: Promise, span: Span, evidence: Evidence) -> Arm | None:
    """The level of a row, or a contrast of levels or of their logarithms."""
    if promise.kind == "level":
        return _level(span.end, promise.metric, evidence)
    sign = direction(promise.metric) if promise.kind == "gain" else 1
    parts = []
    for variant, weight in span.weights.items():
        level = _level(variant, promise.metric, evidence)
        arm = _logarithm(level) if level and promise.kind == "ratio" else level
        if arm is None:
            return None
        parts.append((sign * weight, arm))
    return combined(parts) if parts else None


def _level(variant: str, name: str, evidence: Evidence) -> Arm | None:
    if not _is_column(name):
        return evidence.level(variant, evidence.metric(name))
    values = evidence.column(variant, name)
    if values is None or not len(values):
        return None
    return Arm(values * 100.0 if name == ACCURACY_GAP else values)


def _logarithm(arm: Arm) -> Arm | None:
    """The logarithm of each score; of single examples to first order, so that their mean is the score's logarithm."""
    resamples = arm.resamples
    if arm.values.min() <= 0 or (resamples is not None and resamples.min() <= 0):
        return None
    scores = arm.values[:, None]
    return dataclasses.replace(
        arm,
        values=np.log(arm.values),
        examples=None if arm.examples is None else np.log(scores) + arm.examples / scores - 1.0,
        resamples=None if resamples is None else np.log(resamples),
    )


def _interval(arm: Arm, name: str, rule: IntervalRule) -> Interval:
    if name in OF_THE_MODEL and np.ptp(arm.values) == 0:
        value = float(arm.values[0])
        point = t_interval(value, 0.0, len(arm.values), error=0.0, df=math.inf)
        reach = 0.0 if name == "parameters" else TIMING * abs(value)
        return dataclasses.replace(point, low=value - reach, high=value + reach)
    return paired_t(arm.values) if _is_column(name) else rule.interval(arm)


def _is_column(name: str) -> bool:
    return name in COST_LABELS or name == ACCURACY_GAP
