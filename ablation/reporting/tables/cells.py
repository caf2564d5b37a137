"""Text cells: the one place where the table's numbers are rounded and named, for every rendering."""

import math
from dataclasses import dataclass
from typing import Literal

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.table.rows import Row
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.verdict import FEWEST, VerdictWord
from ablation.metrics.metric import Metric
from ablation.stats.interval import LEVEL, Interval
from ablation.stats.summary import Summary

Tone = Literal["", "good", "bad", "warn"]

NOTHING = "-"

TONES: dict[VerdictWord, Tone] = {
    "gain": "good",
    "small gain": "good",
    "loss": "bad",
    "small loss": "bad",
    "invalid": "warn",
    "this test set only": "warn",
}

_DIGITS = 9
"""Decimals that are kept of anything: a sum over replicates may end in other bits when they come in another order, and
no byte of a report may depend on that."""


@dataclass(frozen=True)
class Cell:
    """A text and its tone, which may colour it and never says more than the text."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class CellGrid:
    """A titled block of cells.

    Args:
        header: names of the columns; the first column holds names, the others numbers or words.
        words: the columns that hold words, to be aligned to the left.
        notes: lines that belong under this block alone.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    words: frozenset[str]
    notes: tuple[str, ...] = ()


def visible(text: str) -> str:
    """The text with everything that does not print, such as escape codes, shown as a replacement character."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def settled(value: float) -> float:
    """The number without its last bits, and never ``-0``."""
    return round(value, _DIGITS) + 0.0


def decimals(table: Table) -> int:
    """Decimals of a score or gain: 2 for points, 4 for what is counted in small numbers."""
    return decimals_of(table.metric)


def decimals_of(metric: Metric) -> int:
    """The same of any metric."""
    return 2 if metric.unit == "points" else 4


def fixed(value: float, places: int) -> str:
    """A plain number, ``-`` where there is none; what rounds to zero is ``0``, never ``-0``."""
    return NOTHING if math.isnan(value) else f"{round(settled(value), places) + 0.0:.{places}f}"


def signed(value: float, places: int) -> str:
    """A gain with its sign; what rounds to zero is ``+0``, never ``-0``."""
    return f"{round(settled(value), places) + 0.0:+.{places}f}"


def interval_text(interval: Interval, places: int) -> str:
    """``+2.02 [+1.70, +2.34]``; a single replicate has no interval and says so."""
    mean = signed(interval.mean, places)
    if not interval.known:
        return f"{mean} (n = {interval.n})"
    return f"{mean} [{signed(interval.low, places)}, {signed(interval.high, places)}]"


def p_text(value: float) -> str:
    """``.0154``, ``<.0001``, ``1``; ``-`` where there is none."""
    if math.isnan(value):
        return NOTHING
    if settled(value) < 0.0001:
        return "<.0001"
    shown = fixed(value, 4)
    return "1" if shown.startswith("1") else shown.removeprefix("0")


def share(value: float) -> str:
    """A proportion, a correlation or the like, -1..1, with two decimals: ``.54``, ``-.20``, ``1.00``."""
    return fixed(value, 2).replace("0.", ".", 1) if abs(value) < 0.995 else fixed(value, 2)


def level_text(table: Table) -> str:
    """``95 % CI``: the level of the intervals of gains, which the plan's alpha decides."""
    levels = [row.step.interval.level for row in (*table.rows, *table.left_out) if row.step]
    return f"{100 * (levels[0] if levels else LEVEL):g} % CI"


def unit_of(table: Table) -> str:
    """``, points``, to stand after the metric's label; empty where it has no unit."""
    return f", {table.metric.unit}" if table.metric.unit else ""


def mean_cell(scores: Summary | None, table: Table) -> Cell:
    """``82.05 ± 0.50``; a single score has no spread."""
    if scores is None:
        return Cell(NOTHING)
    mean = fixed(scores.mean, decimals(table))
    return Cell(mean if math.isnan(scores.sd) else f"{mean} ± {fixed(scores.sd, decimals(table))}")


def count_cell(row: Row) -> Cell:
    """Replicates, and what is not well with them."""
    runs = row.scored
    if not runs.complete:
        failed = f", {runs.n_failed} failed" if runs.n_failed else ""
        return Cell(f"{runs.n}/{runs.replicates}{failed}", "warn")
    return Cell(f"{runs.n}, {runs.diverged} diverged", "warn") if runs.diverged else Cell(str(runs.n))


def gain_cell(found: Comparison | None, row: Row, table: Table) -> Cell:
    """A gain with its interval; the baseline has none, and neither has a row of which runs are missing."""
    if not row.rung:
        return Cell("")
    if found is None:
        runs = row.scored
        return Cell(NOTHING if runs.complete else f"incomplete ({runs.n}/{runs.replicates})", "warn")
    claimed = adjusted_p(found) <= table.alpha and found.interval.excludes(0.0)
    tone: Tone = "" if not claimed else "good" if found.interval.mean > 0 else "bad"
    return Cell(interval_text(found.interval, decimals(table)), tone)


def adjusted_p(found: Comparison | None) -> float:
    """The adjusted p-value; NaN under five replicates, which claim nothing."""
    return math.nan if found is None or found.interval.n < FEWEST else found.adjusted


def p_cell(found: Comparison | None) -> Cell:
    """The adjusted p of a comparison; empty where there is nothing to compare."""
    return Cell("") if found is None else Cell(p_text(adjusted_p(found)))


def verdict_cell(row: Row) -> Cell:
    """The word; why it is that word stands in the headline."""
    return Cell(row.verdict.word or (NOTHING if row.rung else ""), TONES.get(row.verdict.word, ""))
