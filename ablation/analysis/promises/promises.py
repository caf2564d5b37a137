"""Promises compared with measurements: as promised, below, above, or cannot tell.

Each promise is judged by the 95 % interval of its own quantity, whatever metric the table shows. The promise of a
single number can be missed but not confirmed, since no interval lies inside a point; only a quantity without spread,
such as a number of parameters, can equal it.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ablation.analysis.comparison.evidence import Evidence
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
from ablation.stats.interval import Interval

PromiseWord: TypeAlias = Literal["", "as promised", "below", "above", "cannot tell", "reached", "missed"]

IsExcluded: TypeAlias = Callable[[Collection[str], str], bool]
"""Whether these variants' runs may not be used to judge a promise of the metric or cost of that name."""


@dataclass(frozen=True)
class PromiseOutcome:
    """A promise and its outcome.

    Args:
        of: what the promise is about: a row's name, ``baseline``, ``total``, or rungs joined by +.
        measured: the same quantity, in the same unit (``measured_interval``); None where it was not measured.
        word: for a target ``reached``, ``missed`` or ``cannot tell``; empty where nothing was measured.
    """

    of: str
    promise: Promise
    measured: Interval | None
    word: PromiseWord


@dataclass(frozen=True)
class Order:
    """The promised and the measured order of importance of the rungs.

    Args:
        promised: names of rungs by the midpoint of their promised gain in accuracy, the greatest first.
        measured: the same names by their mean step in accuracy.
        tau, p: Kendall's tau-b, 1 for the same order, -1 for the reverse, and the two-sided p-value of independent
            orders; both NaN where all gains of one are equal.
    """

    promised: tuple[str, ...]
    measured: tuple[str, ...]
    tau: float
    p: float


def rung_promises(
    evidence: Evidence, rung: Rung, row: str, above: str, is_excluded: IsExcluded
) -> tuple[PromiseOutcome, ...]:
    """Returns the outcomes of a rung's promises about its step.

    Args:
        row, above: names of the variants of its row and of the row above.
    """
    return tuple(_outcome(promise, step_span(above, row), evidence, is_excluded, _word) for promise in rung.promises)


def wider_promises(evidence: Evidence, is_excluded: IsExcluded) -> tuple[PromiseOutcome, ...]:
    """Returns the outcomes of promises about the baseline, the total, or several rungs; unused rungs are skipped."""
    spans = [(each, promise_span(each, evidence.plan)) for each in evidence.plan.promises]
    return tuple(
        _outcome(promise, span, evidence, is_excluded, _word)
        for each, span in spans
        if span is not None
        for promise in each.promises
    )


def target_outcome(evidence: Evidence, is_excluded: IsExcluded) -> PromiseOutcome | None:
    """Returns the outcome of the last row's target; None without a target.

    ``reached`` where even the worse bound of the interval reaches it, ``missed`` where even the better bound does not.
    """
    promise, total = evidence.plan.target, total_span(evidence.plan)
    level = Span(total.of, {}, total.end)  # a level of the last row, whatever the other rows are
    return _outcome(promise, level, evidence, is_excluded, _target_word) if promise else None


def order_of_importance(outcomes: Mapping[str, Sequence[PromiseOutcome]]) -> Order | None:
    """Returns promised and measured order over the rungs that have both; None where fewer than two have.

    Args:
        outcomes: those of each rung's promises, by the rung's name.
    """
    from scipy.stats import kendalltau

    both = {rung: gain for rung, of_rung in outcomes.items() if (gain := _accuracy_gain(of_rung)) is not None}
    if len(both) < 2:
        return None
    promised = {name: (promise.low + promise.high) / 2 for name, (promise, _) in both.items()}
    means = {name: interval.mean for name, (_, interval) in both.items()}
    order = kendalltau([*promised.values()], [*means.values()])
    return Order(_ranked(promised), _ranked(means), float(order.statistic), float(order.pvalue))


def _outcome(
    promise: Promise,
    span: Span,
    evidence: Evidence,
    is_excluded: IsExcluded,
    word: Callable[[Interval, Promise], PromiseWord],
) -> PromiseOutcome:
    interval = measured_interval(promise, span, evidence)
    if interval is None:
        return PromiseOutcome(span.of, promise, None, "")
    can_tell = interval.known and (interval.n >= FEWEST or is_of_the_model(interval, promise.metric))
    if not can_tell or is_excluded({*span.weights, span.end}, promise.metric):
        return PromiseOutcome(span.of, promise, interval, "cannot tell")
    return PromiseOutcome(span.of, promise, interval, word(interval, promise))


def _word(interval: Interval, promise: Promise) -> PromiseWord:
    """Whether the whole interval lies below, inside or above the promised range."""
    if _under(interval.high, promise.low):
        return "below"
    if _under(promise.high, interval.low):
        return "above"
    inside = not _under(interval.low, promise.low) and not _under(promise.high, interval.high)
    return "as promised" if inside else "cannot tell"


def _target_word(interval: Interval, promise: Promise) -> PromiseWord:
    sign = direction(promise.metric)
    worse, better = sorted((sign * interval.low, sign * interval.high))
    if not _under(worse, sign * promise.low):
        return "reached"
    return "missed" if _under(better, sign * promise.low) else "cannot tell"


def _under(one: float, other: float) -> bool:
    """Whether a number is smaller by more than rounding errors: 82 % - 80 % is 2.0000000000000018 points."""
    return one < other and not math.isclose(one, other, rel_tol=ROUNDING, abs_tol=ROUNDING)


def _accuracy_gain(outcomes: Sequence[PromiseOutcome]) -> tuple[Promise, Interval] | None:
    """The first promise of a gain in accuracy that was measured."""
    for outcome in outcomes:
        promise = outcome.promise
        if outcome.measured is not None and (promise.metric, promise.kind) == ("accuracy", "gain"):
            return promise, outcome.measured
    return None


def _ranked(gains: Mapping[str, float]) -> tuple[str, ...]:
    """The greatest gain first; equal gains in their original order."""
    return tuple(sorted(gains, key=gains.__getitem__, reverse=True))
