"""The verdict in words: what a reader should take away, before any number is looked up."""

from collections.abc import Callable, Iterator, Sequence

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.table.rows import Row
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.verdict import FEWEST, VerdictWord, claims
from ablation.reporting.tables.cells import decimals, interval_text, visible
from ablation.reporting.texts.promise_text import measured_text, promise_text
from ablation.reporting.texts.remedies import remedy_lines
from ablation.reporting.texts.verdict_text import fault_text, verdict_reason

_SHOWN = 3
"""Problems that are listed at the top."""

NO_VERDICT = "NO VERDICT"
"""How a line begins that says why nothing may be concluded."""


def headline(table: Table) -> tuple[str, ...]:
    """A few lines to stand above everything else; what is not the case leaves no line."""
    return tuple(visible(line) for line in (*_problems(table), *_exploring(table), *_rungs(table), *_whole(table)))


def _problems(table: Table) -> Iterator[str]:
    for problem in table.problems[:_SHOWN]:
        yield f"{NO_VERDICT}: {fault_text(problem.fault)}"
    if len(table.problems) > _SHOWN:
        yield f"{NO_VERDICT}: and {len(table.problems) - _SHOWN} more"
    yield from remedy_lines((problem.remedy for problem in table.problems), table.invocation)
    if not table.problems:
        broken = _of(table, "invalid")
        yield from (f"{NO_VERDICT} on {_name(row)}: {verdict_reason(row.verdict)}" for row in broken[:_SHOWN])


def _exploring(table: Table) -> Iterator[str]:
    if table.metric != table.declared:
        yield f"Exploring by {table.metric.label}: claims stand on {table.declared.label}, the declared metric"


def _rungs(table: Table) -> Iterator[str]:
    """A line for each thing that can be said of rungs."""
    margin = _amount(table)
    kinds: tuple[tuple[str, VerdictWord, Callable[[Row, Table], str]], ...] = (
        ("Helps", "gain", _sized),
        (f"Helps a little, no more than the margin of {margin}", "small gain", _sized),
        ("Hurts", "loss", _sized),
        (f"Hurts a little, no more than the margin of {margin}", "small loss", _sized),
        (f"Makes no difference worth having (within ±{margin})", "equivalent", _sized),
        ("Holds on this test set only, others may not repeat it", "this test set only", _sized),
        ("Cannot be told", "inconclusive", _with_reason),
        ("Identical, as a control must be", "identical", lambda row, _: _name(row)),
    )
    for start, word, text_of in kinds:
        if rows := _of(table, word):
            yield f"{start}: {', '.join(text_of(row, table) for row in rows)}"
    if few := _of(table, "too few runs"):
        names = "any rung" if len(few) == len(table.rows) - 1 else ", ".join(map(_name, few))
        there_are = "1 replicate" if few[0].scored.n == 1 else f"{few[0].scored.n} replicates"
        yield f"Too few runs to claim anything of {names}: {there_are}, {FEWEST} at least"
    reasons = [verdict_reason(row.verdict) for row in table.rows if not row.verdict.word]
    for reason in dict.fromkeys(filter(None, reasons)):
        yield f"No verdict: {reason}"


def _whole(table: Table) -> Iterator[str]:
    """The gain of everything together, and the target."""
    last, unit = table.rows[-1], f" {table.metric.unit}" if table.metric.unit else ""
    parts = []
    if last.total is not None:
        found = last.total.interval
        parts.append(f"{interval_text(found, decimals(table))}{unit} over the baseline, {_claim(last.total, table)}")
    if table.target is not None:
        asked = promise_text(table.target.promise).replace(": ", " of ", 1)
        parts.append(f"target {asked} {table.target.word or 'not measured'} ({measured_text(table.target)})")
    if parts:
        yield f"In all: {'; '.join(parts)}"


def _claim(total: Comparison, table: Table) -> str:
    """What the gain of the whole may be called."""
    if not table.valid or total.interval.n < FEWEST:
        return "as measured, which is no claim"
    if claims(total, table.alpha):
        return "a gain" if total.interval.mean > 0 else "a loss"
    return "which may be nothing at all"


def _of(table: Table, word: VerdictWord) -> Sequence[Row]:
    return [row for row in table.rows if row.verdict.word == word]


def _name(row: Row) -> str:
    return row.rung


def _sized(row: Row, table: Table) -> str:
    return f"{row.rung} {interval_text(row.step.interval, decimals(table))}" if row.step else row.rung


def _with_reason(row: Row, table: Table) -> str:
    return f"{_sized(row, table)} ({verdict_reason(row.verdict)})"


def _amount(table: Table) -> str:
    return f"{table.margin:g} {table.metric.unit}".rstrip()
