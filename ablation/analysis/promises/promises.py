"""Promises held against measurements: as promised, below, above, or cannot tell.

Each is judged on its own quantity, whatever metric the table shows, by its interval at 95 %. The promise of a single
number can be missed on either side but never be confirmed, since no interval lies inside a point; only what has no
spread, such as a number of parameters, can equal it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.interval_rule import IntervalRule
from ablation.analysis.promises.quantities import (
    Span,
    direction,
    is_of_the_model,
    measured_interval,
    promise_span,
    step_span,
    total_span,
)
from ablation.analysis.verdict.verdict import FEWEST, ROUNDING
from ablation.experiment.config.promise_values import Promise
from ablation.experiment.planning.plan import Rung
from ablation.stats.agreement import order_agreement
from ablation.stats.interval import Interval

PromiseWord: TypeAlias = Literal["", "as promised", "below", "above", "cannot tell", "reached", "missed"]


IsExcluded: TypeAlias = Callable[[Collection[str], str], bool]
"""Whether these variants' runs may not be judged by a metric or cost of that name."""


@dataclass(frozen=True)
class PromiseOutcome:
    """A promise, and what came of it.

    Args:
        of: what it is about: a row's name, ``baseline``, ``total``, or rungs joined by +.
        promise: in its own unit.
        measured: the same quantity, in the same unit (see ``quantities.measured``); None where it was not measured.
        word: for a target ``reached``, ``missed`` or ``cannot tell``; empty where nothing was measured.
    """

    of: str
    promise: Promise
    measured: Interval | None
    word: PromiseWord


@dataclass(frozen=True)
class Order:
    """Which rungs were said to matter most, and which did.

    Args:
        promised: names of rungs by the middle of their promised gain in accuracy, the greatest first.
        measured: the same names by their mean step in accuracy.
        tau: Kendall's tau-b of the two, 1 for the same order, -1 for the reverse; NaN where all of one are equal.
        p: two-sided, of "the orders have nothing to do with each other"; NaN where tau is.
    """

    promised: tuple[str, ...]
    measured: tuple[str, ...]
    tau: float
    p: float


def rung_promises(
    evidence: Evidence,
    rule: IntervalRule,
    rung: Rung,
    row: str,
    above: str,
    is_excluded: IsExcluded = lambda variants, name: False,
) -> tuple[PromiseOutcome, ...]:
    """A rung's promises, held against its step.

    Args:
        row, above: the variants of its row and of the row above.
    """
    return tuple(_judged(promise, step_span(above, row), evidence, rule, is_excluded) for promise in rung.promises)


def wider_promises(
    evidence: Evidence, rule: IntervalRule, is_excluded: IsExcluded = lambda variants, name: False
) -> tuple[PromiseOutcome, ...]:
    """Promises of the baseline, of the whole, or of several rungs together; rungs that are not in use are skipped."""
    spans = [(each, promise_span(each, evidence.plan)) for each in evidence.plan.promises]
    return tuple(
        _judged(promise, span, evidence, rule, is_excluded)
        for each, span in spans
        if span is not None
        for promise in each.promises
    )


def target_outcome(
    evidence: Evidence, rule: IntervalRule, is_excluded: IsExcluded = lambda variants, name: False
) -> PromiseOutcome | None:
    """What the last row is to reach: ``reached`` where even the worse end of the interval does, ``missed`` where not
    even the better end does."""
    promise, span = evidence.plan.target, total_span(evidence.plan)
    if promise is None:
        return None
    interval = measured_interval(promise, span, evidence, rule)
    if interval and is_excluded({span.end}, promise.metric):
        return PromiseOutcome(span.of, promise, interval, "cannot tell")
    word = _target_word(interval, promise, direction(promise.metric)) if interval else ""
    return PromiseOutcome(span.of, promise, interval, word)


def order_of_importance(judged: Mapping[str, Sequence[PromiseOutcome]]) -> Order | None:
    """Promised against measured order, over the rungs that have both; None where those are fewer than two.

    Args:
        judged: the promises of each rung, by its name.
    """
    both = {rung: gain for rung, promises in judged.items() if (gain := _accuracy_gain(promises)) is not None}
    if len(both) < 2:
        return None
    promised = {name: (promise.low + promise.high) / 2 for name, (promise, _) in both.items()}
    means = {name: interval.mean for name, (_, interval) in both.items()}
    tau, p = _kendall([*promised.values()], [*means.values()])
    return Order(_ranked(promised), _ranked(means), tau, p)


def _judged(
    promise: Promise, span: Span, evidence: Evidence, rule: IntervalRule, is_excluded: IsExcluded
) -> PromiseOutcome:
    interval = measured_interval(promise, span, evidence, rule)
    if interval and is_excluded({*span.weights, span.end}, promise.metric):
        return PromiseOutcome(span.of, promise, interval, "cannot tell")
    return PromiseOutcome(span.of, promise, interval, _word(interval, promise) if interval else "")


def _word(interval: Interval, promise: Promise) -> PromiseWord:
    """Where the whole interval lies."""
    if not _can_tell(interval, promise):
        return "cannot tell"
    if _under(interval.high, promise.low):
        return "below"
    if _under(promise.high, interval.low):
        return "above"
    inside = not _under(interval.low, promise.low) and not _under(promise.high, interval.high)
    return "as promised" if inside else "cannot tell"


def _target_word(interval: Interval, promise: Promise, sign: int) -> PromiseWord:
    if not _can_tell(interval, promise):
        return "cannot tell"
    worse, better = sorted((sign * interval.low, sign * interval.high))
    if not _under(worse, sign * promise.low):
        return "reached"
    return "missed" if _under(better, sign * promise.low) else "cannot tell"


def _can_tell(interval: Interval, promise: Promise) -> bool:
    return interval.known and (interval.n >= FEWEST or is_of_the_model(interval, promise.metric))


def _under(one: float, other: float) -> bool:
    """Whether a number is smaller by more than rounding: 82 % - 80 % is 2.0000000000000018 points."""
    return one < other and not math.isclose(one, other, rel_tol=ROUNDING, abs_tol=ROUNDING)


def _accuracy_gain(promises: Sequence[PromiseOutcome]) -> tuple[Promise, Interval] | None:
    """The first promise of a gain in accuracy that was measured."""
    for each in promises:
        if each.measured is not None and (each.promise.metric, each.promise.kind) == ("accuracy", "gain"):
            return each.promise, each.measured
    return None


def _ranked(gains: Mapping[str, float]) -> tuple[str, ...]:
    """The greatest gain first; equal ones in the order they came."""
    return tuple(sorted(gains, key=gains.__getitem__, reverse=True))


def _kendall(promised: Sequence[float], measured: Sequence[float]) -> tuple[float, float]:
    from scipy.stats import kendalltau

    tau = order_agreement(promised, measured)
    return tau, math.nan if math.isnan(tau) else float(kendalltau(promised, measured).pvalue)
