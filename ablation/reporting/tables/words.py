"""The verdict in words: what a reader should know before looking up any number."""

from collections.abc import Iterator, Mapping

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.table.rows import Row
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.verdict import FEWEST, VerdictWord, claims
from ablation.reporting.tables.cells import decimals_of, interval_text, unit_of, visible
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
        for row in _rows_with(table, "invalid")[:_SHOWN]:
            yield f"{NO_VERDICT} on {row.rung}: {verdict_reason(row.verdict)}"


def _exploring(table: Table) -> Iterator[str]:
    if table.metric != table.declared:
        yield f"Exploring by {table.metric.label}: claims stand on {table.declared.label}, the declared metric"


def _rungs(table: Table) -> Iterator[str]:
    """A line for each thing that can be said of rungs."""
    margin = f"{table.margin:g}{unit_of(table.metric, ' ')}"
    starts: Mapping[VerdictWord, str] = {
        "gain": "Helps",
        "small gain": f"Helps a little, no more than the margin of {margin}",
        "loss": "Hurts",
        "small loss": f"Hurts a little, no more than the margin of {margin}",
        "equivalent": f"Makes no difference worth having (within ±{margin})",
        "this test set only": "Holds on this test set only, others may not repeat it",
        "inconclusive": "Inconclusive",
        "identical": "Identical, as a control must be",
    }
    for word, start in starts.items():
        if rows := _rows_with(table, word):
            yield f"{start}: {', '.join(_rung_text(row, table) for row in rows)}"
    if few := _rows_with(table, "too few runs"):
        names = "any rung" if len(few) == len(table.rows) - 1 else ", ".join(row.rung for row in few)
        replicates = few[0].scored.n
        counted = "1 replicate" if replicates == 1 else f"{replicates} replicates"
        yield f"Too few runs to claim anything of {names}: {counted}, {FEWEST} at least"
    reasons = [verdict_reason(row.verdict) for row in _rows_with(table, "")]
    for reason in dict.fromkeys(filter(None, reasons)):
        yield f"No verdict: {reason}"


def _whole(table: Table) -> Iterator[str]:
    """The gain of everything together, and the target."""
    total, parts = table.rows[-1].total, []
    if total is not None:
        gain = f"{interval_text(total.interval, decimals_of(table.metric))}{unit_of(table.metric, ' ')}"
        parts.append(f"{gain} over the baseline, {_claim(total, table)}")
    if table.target is not None:
        target = promise_text(table.target.promise).replace(": ", " of ", 1)
        parts.append(f"target {target} {table.target.word or 'not measured'} ({measured_text(table.target)})")
    if parts:
        yield f"In all: {'; '.join(parts)}"


def _claim(total: Comparison, table: Table) -> str:
    """What the gain of the whole may be called."""
    if not table.valid or total.interval.n < FEWEST:
        return "as measured, which is no claim"
    if claims(total, table.alpha):
        return "a gain" if total.interval.mean > 0 else "a loss"
    return "which may be nothing at all"


def _rows_with(table: Table, word: VerdictWord) -> list[Row]:
    return [row for row in table.rows if row.verdict.word == word]


def _rung_text(row: Row, table: Table) -> str:
    """The rung with its step, unless it is identical; and the reason why it is inconclusive."""
    step = row.step if row.verdict.word != "identical" else None
    text = f"{row.rung} {interval_text(step.interval, decimals_of(table.metric))}" if step else row.rung
    return f"{text} ({verdict_reason(row.verdict)})" if row.verdict.word == "inconclusive" else text
