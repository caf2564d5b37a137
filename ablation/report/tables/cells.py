"""A table as text cells: the one place where its numbers are rounded and named, for every rendering."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ablation.judgement.table import COSTS, Cost, Row, Table
from ablation.stats.interval import Interval
from ablation.stats.summary import Summary

Tone = Literal["", "good", "bad", "warn"]

NOTHING = "-"


@dataclass(frozen=True)
class Cell:
    """A text and its tone, which may colour it and never says more than the text."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Grid:
    """A titled block of cells.

    Args:
        header: names of the columns; the first column holds names, the others numbers or words.
        words: the columns that hold words, to be aligned to the left.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    words: frozenset[str]


def grids(table: Table) -> tuple[Grid, ...]:
    """Gains of the ladder, effects of leaving rungs out, spoilt images, ranges and costs: those that have rows."""
    blocks = (_gains(table), _left_out(table), _corrupted(table), _costs(table))
    return tuple(grid for grid in blocks if grid.rows)


def notes(table: Table) -> tuple[str, ...]:
    """The lines to print below the grids: what is incomplete first, then the footer."""
    return tuple(visible(line) for line in (*(f"INCOMPLETE: {reason}" for reason in table.reasons), *table.footer))


def visible(text: str) -> str:
    """The text with everything that does not print, such as escape codes, shown as a replacement character."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _gains(table: Table) -> Grid:
    unit = f", {table.metric.unit}" if table.metric.unit else ""
    kept = "kept?" if table.metric.name == "accuracy" else "kept? (accuracy)"
    return Grid(
        f"{visible(table.name)}: {table.metric.label}{unit}",
        ("rung", "mean ± SD", "n", "step gain [95 % CI]", "over baseline [95 % CI]", "promised", kept),
        tuple(_gains_row(row, table) for row in table.rows),
        frozenset({"rung", kept}),
    )


def _gains_row(row: Row, table: Table) -> tuple[Cell, ...]:
    first = not row.rung
    return (
        Cell(visible(row.name)),
        Cell(_mean(row.summary, table)),
        _count(row),
        Cell("") if first else _gain(row.step, row, table),
        Cell("") if first else _gain(row.total, row, table),
        Cell(promised(row.expect)),
        _kept(row, table),
    )


def _left_out(table: Table) -> Grid:
    return Grid(
        "Left out of the full recipe",
        ("rung", "mean ± SD", "n", "full over it [95 % CI]", "over baseline [95 % CI]", "note"),
        tuple(
            (
                Cell(visible(row.name)),
                Cell(_mean(row.summary, table)),
                _count(row),
                _gain(row.step, row, table),
                _gain(row.total, row, table),
                Cell(visible(row.note)),
            )
            for row in table.left_out
        ),
        frozenset({"rung", "note"}),
    )


def _corrupted(table: Table) -> Grid:
    rows = (*table.rows, *table.left_out)
    labels = tuple(rows[0].corrupted) if rows else ()
    unit = f", {table.metric.unit}" if table.metric.unit else ""
    return Grid(
        f"On corrupted test images: {table.metric.label}{unit}, mean ± SD",
        ("rung", "as they are", *map(visible, labels)),
        tuple(
            (
                Cell(visible(row.name)),
                Cell(_mean(row.summary, table)),
                *(Cell(_mean(row.corrupted[label], table)) for label in labels),
            )
            for row in (rows if labels else ())
        ),
        frozenset({"rung"}),
    )


def _costs(table: Table) -> Grid:
    return Grid(
        "Range and cost",
        ("rung", "min..max", *COSTS.values()),
        tuple(
            (Cell(visible(row.name)), Cell(_range(row, table)), *(Cell(_cost(name, row.costs[name])) for name in COSTS))
            for row in (*table.rows, *table.left_out)
        ),
        frozenset({"rung"}),
    )


def decimals(table: Table) -> int:
    """Decimals of a score or gain: 2 for points, 4 for what is counted in small numbers."""
    return 2 if table.metric.unit == "points" else 4


def signed(value: float, places: int) -> str:
    """A gain with its sign; what rounds to zero is ``+0``, never ``-0``."""
    return f"{round(value, places) + 0.0:+.{places}f}"


def promised(expect: tuple[float, float] | None) -> str:
    """``+3..+5``, ``+3`` for a single number, empty for none."""
    if expect is None:
        return ""
    lowest, highest = expect
    return f"{lowest:+g}" if lowest == highest else f"{lowest:+g}..{highest:+g}"


def interval_text(interval: Interval, places: int) -> str:
    """``+2.02 [+1.70, +2.34]``; a single replicate has no interval and says so."""
    mean = signed(interval.mean, places)
    if not interval.known:
        return f"{mean} (n = {interval.n})"
    return f"{mean} [{signed(interval.low, places)}, {signed(interval.high, places)}]"


def _gain(interval: Interval | None, row: Row, table: Table) -> Cell:
    if interval is None:
        return Cell(NOTHING if row.complete else f"incomplete ({row.n}/{row.replicates})", "warn")
    text = interval_text(interval, decimals(table))
    if not interval.excludes(0.0):
        return Cell(text)
    return Cell(text, "good" if interval.mean > 0 else "bad")


def _mean(scores: Summary | None, table: Table) -> str:
    if scores is None:
        return NOTHING
    mean = f"{scores.mean:.{decimals(table)}f}"
    return mean if math.isnan(scores.sd) else f"{mean} ± {scores.sd:.{decimals(table)}f}"


def _range(row: Row, table: Table) -> str:
    if row.summary is None:
        return NOTHING
    return f"{row.summary.min:.{decimals(table)}f}..{row.summary.max:.{decimals(table)}f}"


def _count(row: Row) -> Cell:
    if not row.complete:
        failed = f", {row.n_failed} failed" if row.n_failed else ""
        return Cell(f"{row.n}/{row.replicates}{failed}", "warn")
    return Cell(f"{row.n}, {row.diverged} diverged", "warn") if row.diverged else Cell(str(row.n))


def _kept(row: Row, table: Table) -> Cell:
    tones: dict[str, Tone] = {"below": "bad", "above": "good", "as promised": "good"}
    if row.measured is None or table.metric.name == "accuracy":
        return Cell(row.promise, tones.get(row.promise, ""))
    return Cell(f"{row.promise} ({signed(row.measured.mean, 2)})", tones.get(row.promise, ""))


def _cost(column: str, cost: Cost) -> str:
    if math.isnan(cost.value):
        return NOTHING
    value = format(cost.value, {"parameters": ",.0f", "train_seconds": ".1f"}.get(column, ".3f"))
    return value if math.isnan(cost.ratio) else f"{value} x{cost.ratio:.2f}"
