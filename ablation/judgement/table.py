"""The cumulative-gain table: one frozen value, from which every rendering is made.

Numbers are in the unit they are shown in (points for proportions) and gains are positive when better. A row whose
runs are not all there gets no gain: nothing is computed from the pairs that happen to exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ablation.core.metrics import METRICS, Metric, metric
from ablation.experiment.plan import Plan, Rung
from ablation.judgement.footer import footer
from ablation.judgement.judge import Judge, judge_of, promise_word
from ablation.judgement.scores import Scores, scores_of
from ablation.stats.interval import Interval
from ablation.stats.summary import Summary, summary

COSTS: Mapping[str, str] = {
    "train_seconds": "training s",
    "parameters": "parameters",
    "latency_ms_1": "ms/image, batch 1",
    "latency_ms_64": "ms/image, batch 64",
}
"""Cost columns of the results frame and what they are called."""


@dataclass(frozen=True)
class Cost:
    """Mean over the finished runs, and its ratio to the baseline's; NaN where it was not measured."""

    value: float
    ratio: float


@dataclass(frozen=True)
class Row:
    """A variant as the table shows it.

    Args:
        name: ``baseline``, ``+ Focal loss``; ``all but Focal loss`` where it is left out.
        rung: the rung that the row is about; empty for the baseline.
        variant: name of the plan's variant; two rows may share one.
        summary: of the finished runs; None where there is none.
        step: gain over the row above; where the rung is left out, what the full recipe has over this row.
        total: gain over the baseline.
        expect: lowest and highest promised step, in points of accuracy.
        measured: the step in points of accuracy, on which the promise is judged.
        promise: ``as promised``, ``below``, ``above``, ``cannot tell``; empty without a promise or an interval.
        costs: by column of the results.
        corrupted: scores of the finished runs on test images spoilt in each way; None where there is none.
        n, replicates: finished and requested runs.
        n_failed, diverged: runs that failed; finished runs that diverged, which stay in the numbers.
        note: what else a reader must know of the row.
    """

    name: str
    rung: str
    variant: str
    summary: Summary | None
    step: Interval | None
    total: Interval | None
    expect: tuple[float, float] | None
    measured: Interval | None
    promise: str
    costs: Mapping[str, Cost]
    corrupted: Mapping[str, Summary | None]
    n: int
    replicates: int
    n_failed: int
    diverged: int
    note: str

    @property
    def complete(self) -> bool:
        return self.n == self.replicates


@dataclass(frozen=True)
class Table:
    """What was measured, row by row, and what a reader must know to believe it.

    Args:
        name: of the experiment.
        metric: the metric of every summary, step and total.
        margin: smallest gain worth having, in the unit of the experiment's own metric.
        rows: the ladder, the baseline first.
        left_out: one row a rung, from the leave-one-out design.
        footer: lines to print below.
        reasons: why the table is not complete; empty when it is.
    """

    name: str
    metric: Metric
    margin: float
    rows: tuple[Row, ...]
    left_out: tuple[Row, ...]
    footer: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every run of every row is there."""
        return not self.reasons


def ladder_table(
    plan: Plan, results: pd.DataFrame, metric_name: str | None = None, warnings: Sequence[str] = ()
) -> Table:
    """The table of a plan's runs.

    Args:
        results: one row per run: ``variant``, ``replicate``, ``status``, ``test/<metric>`` in 0..1 for proportions,
            the cost columns and ``diverged``; runs that did not finish hold NaN.
        metric_name: instead of the plan's own metric.
        warnings: what the trainings suffer from, for the footer.

    Raises:
        UserError: the metric is unknown, or the runs carry no such metric.
    """
    shown = metric(metric_name or plan.metric)
    scores = scores_of(plan, results, shown)
    maker = _Rows(plan, scores, shown, judge_of(plan))
    rows, left_out = maker.ladder(), maker.left_out()
    return Table(
        name=plan.name,
        metric=shown,
        margin=plan.margin,
        rows=rows,
        left_out=left_out,
        footer=footer(plan, shown, diverged=_diverged((*rows, *left_out)), warnings=warnings),
        reasons=_reasons((*rows, *left_out), scores),
    )


@dataclass(frozen=True)
class _Rows:
    """Makes rows: what all of them are made from."""

    plan: Plan
    scores: Scores
    metric: Metric
    judge: Judge

    def ladder(self) -> tuple[Row, ...]:
        names = self.plan.ladder_rows
        rungs = (None, *self.plan.rungs)[: len(names)]
        above = (None, *names)
        return tuple(self._rung_row(*each) for each in zip(rungs, names, above, strict=False))

    def left_out(self) -> tuple[Row, ...]:
        return tuple(self._left_out_row(rung, variant) for rung, variant in self.plan.left_out.items())

    def _rung_row(self, rung: Rung | None, variant: str, above: str | None) -> Row:
        expect = rung.expect if rung else None
        measured = self._gain(above, variant, METRICS["accuracy"]) if expect else None
        return self._row(
            name=f"+ {rung.name}" if rung else "baseline",
            rung=rung.name if rung else "",
            variant=variant,
            step=self._gain(above, variant, self.metric),
            expect=expect,
            measured=measured,
            note="",
        )

    def _left_out_row(self, rung: str, variant: str) -> Row:
        full = self.plan.ladder_rows[-1] if self.plan.ladder_rows else None
        with_it = [each.name for each in self.plan.rungs if each.name not in self.plan.variant(variant).rungs]
        others = ", ".join(name for name in with_it if name != rung)
        note = "masked: later rungs set all that it sets" if variant == full else others and f"with it: {others}"
        return self._row(
            name=f"all but {rung}",
            rung=rung,
            variant=variant,
            step=self._gain(variant, full, self.metric),
            expect=None,
            measured=None,
            note=note,
        )

    def _row(
        self,
        name: str,
        rung: str,
        variant: str,
        step: Interval | None,
        expect: tuple[float, float] | None,
        measured: Interval | None,
        note: str,
    ) -> Row:
        scored = self._summary(self.metric.name, variant)
        baseline = self.plan.ladder_rows[0] if self.plan.ladder_rows else None
        return Row(
            name=name,
            rung=rung,
            variant=variant,
            summary=scored,
            step=step,
            total=self._gain(baseline, variant, self.metric) if rung else None,
            expect=expect,
            measured=measured,
            promise=promise_word(measured, expect),
            costs={column: self._cost(variant, baseline, column) for column in COSTS},
            corrupted={label: self._summary(f"{label}/{self.metric.name}", variant) for label in self.plan.corruptions},
            n=scored.n if scored else 0,
            replicates=self.plan.replicates,
            n_failed=self.scores.failed(variant),
            diverged=self.scores.diverged(variant),
            note=note,
        )

    def _summary(self, score: str, variant: str) -> Summary | None:
        finished = self.scores.finished(variant, score)
        return summary(finished * self.metric.scale) if len(finished) else None

    def _gain(self, old: str | None, new: str | None, of: Metric) -> Interval | None:
        """The interval of new minus old, positive when better; None where a run of either is not there."""
        if old is None or new is None:
            return None
        before, after = self.scores.finished(old, of.name), self.scores.finished(new, of.name)
        if len(before) != self.plan.replicates or len(after) != self.plan.replicates:
            return None
        return self.judge((after - before) * of.gain_scale)

    def _cost(self, variant: str, baseline: str | None, column: str) -> Cost:
        value = self.scores.cost(variant, column)
        base = self.scores.cost(baseline, column) if baseline is not None else float("nan")
        return Cost(value, value / base if base > 0 else float("nan"))


def _reasons(rows: tuple[Row, ...], scores: Scores) -> tuple[str, ...]:
    return tuple(
        f"{row.name}: {row.n} of {row.replicates} runs finished, {row.n_failed} failed{scores.why(row.variant)}; "
        "run the experiment again to train what is missing"
        for row in rows
        if not row.complete
    )


def _diverged(rows: tuple[Row, ...]) -> tuple[str, ...]:
    return tuple(f"{row.name} ({row.diverged} of {row.n})" for row in rows if row.diverged)
