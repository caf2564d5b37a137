"""The ladder as grids: gains, how precise they are, what leaving a rung out does, corrupted images, costs."""

import dataclasses
import math
from collections.abc import Callable, Sequence

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.table.rows import Row, Scored
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.tuning import UNPLANNED, Unplanned
from ablation.analysis.verdict.verdict import FEWEST
from ablation.experiment.config.costs import COST_LABELS
from ablation.reporting.tables.cells import (
    NOTHING,
    Cell,
    CellGrid,
    adjusted_p,
    count_cell,
    decimals,
    fixed,
    gain_cell,
    level_text,
    mean_cell,
    p_cell,
    p_text,
    settled,
    share,
    unit_of,
    verdict_cell,
    visible,
)
from ablation.reporting.texts.remedies import waiting_lines
from ablation.reporting.texts.rung_notes import left_out_note

_AT_ONCE = 5
"""Columns of numbers beside the names in one block of corrupted images."""


def gains_grid(table: Table) -> CellGrid:
    """The table itself."""
    bounds = level_text(table)
    return CellGrid(
        f"{visible(table.name)}: {table.metric.label}{unit_of(table)}",
        (
            *("rung", "mean ± SD", "n", f"step gain [{bounds}]", "p (Holm)", "wins"),
            *(f"over baseline [{bounds}]", "verdict"),
        ),
        (*(_gains_row(row, table) for row in table.rows), *map(_unplanned_row, table.unplanned)),
        frozenset({"rung", "verdict"}),
        tuple(map(visible, waiting_lines([each.rung for each in table.unplanned], table.remedy, table.invocation))),
    )


def _gains_row(row: Row, table: Table) -> tuple[Cell, ...]:
    return (
        Cell(visible(row.name)),
        mean_cell(row.scored.summary, table),
        count_cell(row),
        gain_cell(row.step, row, table),
        p_cell(row.step),
        Cell(_won(row)),
        gain_cell(row.total, row, table),
        verdict_cell(row),
    )


def _unplanned_row(each: Unplanned) -> tuple[Cell, ...]:
    return (Cell(visible(f"+ {each.rung}")), *[Cell(NOTHING)] * 4, Cell(""), Cell(NOTHING), Cell(UNPLANNED))


def _won(row: Row) -> str:
    """Replicates won of all; nothing of a control, which has nothing to win."""
    return f"{row.step.wins.won}/{row.step.interval.n}" if row.step and not row.control else ""


def precision_grid(table: Table) -> CellGrid:
    """How sure the gains are, and what it would take to be surer."""
    margin = "the margin" if math.isnan(table.margin) else f"{table.margin:g}"
    return CellGrid(
        "How precise the steps are",
        (
            *("rung", "min..max", "wins [95 % CI]", "p over baseline", "sign-flip p", "MDE80", "pair rho"),
            f"n to find {margin}",
        ),
        tuple(_precision_row(row, table) for row in table.rows),
        frozenset({"rung"}),
        (
            "p over baseline: by Holm, a family of its own; n: replicates in all that find the margin four times in "
            "five",
        ),
    )


def _precision_row(row: Row, table: Table) -> tuple[Cell, ...]:
    step, places = row.step if not row.control else None, decimals(table)
    told = (
        (
            _wins(step),
            p_text(adjusted_p(row.total)) if row.total else NOTHING,
            p_text(step.sign_flip) if step.interval.n >= FEWEST else NOTHING,
            fixed(step.detectable, places),
            share(step.correlation),
            _needed(step, table.margin),
        )
        if step
        else ("", p_text(adjusted_p(row.total)) if row.total else "", "", "", "", "")
    )
    return (Cell(visible(row.name)), Cell(_range(row.scored, places)), *map(Cell, told))


def _wins(step: Comparison) -> str:
    """``5/6 [.36, 1.00]``: ties count for neither side."""
    wins = step.wins
    tied = step.interval.n - wins.of
    text = f"{wins.won}/{wins.of} [{share(wins.low)}, {share(wins.high)}]"
    return f"{text}, {tied} tied" if tied else text


def _needed(step: Comparison, margin: float) -> str:
    if step.needed is not None:
        return str(step.needed)
    return NOTHING if math.isnan(margin) or step.interval.n < 2 else "no number"


def _range(scored: Scored, places: int) -> str:
    found = scored.summary
    return f"{fixed(found.min, places)}..{fixed(found.max, places)}" if found else NOTHING


def left_out_grid(table: Table) -> CellGrid:
    """What the full recipe has over itself without each rung."""
    bounds = level_text(table)
    notes = tuple(f"{visible(row.name)}: {visible(note)}" for row in table.left_out if (note := left_out_note(row)))
    return CellGrid(
        "Left out of the full recipe (exploratory: p by Benjamini-Hochberg)",
        (
            "rung",
            "mean ± SD",
            "n",
            f"full over it [{bounds}]",
            "p (BH)",
            f"over baseline [{bounds}]",
            "verdict",
        ),
        tuple(
            (
                Cell(visible(row.name)),
                mean_cell(row.scored.summary, table),
                count_cell(row),
                gain_cell(row.step, row, table),
                p_cell(row.step),
                gain_cell(row.total, row, table),
                verdict_cell(row),
            )
            for row in table.left_out
        ),
        frozenset({"rung", "verdict"}),
        notes,
    )


def corrupted_grids(table: Table) -> tuple[CellGrid, ...]:
    """Scores on corrupted test images, a few corruptions at a time."""
    rows = (*table.rows, *table.left_out)
    labels = tuple(rows[0].scored.corrupted) if rows else ()
    parts = [labels[start : start + _AT_ONCE] for start in range(0, len(labels), _AT_ONCE)]
    return tuple(
        CellGrid(
            f"On corrupted test images: {table.metric.label}{unit_of(table)}, mean ± SD",
            ("rung", "as they are", *map(visible, part)),
            tuple(
                (
                    Cell(visible(row.name)),
                    mean_cell(row.scored.summary, table),
                    *(mean_cell(row.scored.corrupted[label], table) for label in part),
                )
                for row in rows
            ),
            frozenset({"rung"}),
        )
        for part in parts
    )


_TRAINING = ("train_seconds", "images_per_second", "peak_memory_mb", "epochs_to_best")
_PREDICTION = ("parameters", "latency_ms_1", "latency_ms_64")


def cost_grids(table: Table) -> tuple[CellGrid, ...]:
    """What training and what the trained model costs; columns that were measured in no row are left out.

    Trials are a cost too: those of the study that a row's recipe is the best of, where any row was tuned.
    """
    return (
        _with_trials(_costs("Cost of training, x the baseline's", _TRAINING, table), table),
        _costs("Cost of the trained model, x the baseline's", _PREDICTION, table),
    )


def _with_trials(grid: CellGrid, table: Table) -> CellGrid:
    rows = (*table.rows, *table.left_out)
    if not any(row.scored.trials for row in rows):
        return grid
    names = grid.rows or tuple((Cell(visible(row.name)),) for row in rows)
    return dataclasses.replace(
        grid,
        header=(*grid.header, "trials"),
        rows=tuple((*cells, Cell(str(row.scored.trials))) for cells, row in zip(names, rows, strict=True)),
    )


def _costs(title: str, columns: Sequence[str], table: Table) -> CellGrid:
    rows = (*table.rows, *table.left_out)
    known = [name for name in columns if any(not math.isnan(row.scored.costs[name].value) for row in rows)]
    return CellGrid(
        title,
        ("rung", *(COST_LABELS[name] for name in known)),
        tuple(
            (Cell(visible(row.name)), *(Cell(_cost(name, row.scored)) for name in known))
            for row in (rows if known else ())
        ),
        frozenset({"rung"}),
    )


_SHOWN: dict[str, Callable[[float], str]] = {
    "train_seconds": "{:.1f}".format,
    "images_per_second": "{:,.0f}".format,
    "peak_memory_mb": "{:,.0f}".format,
    "epochs_to_best": "{:.1f}".format,
    "parameters": "{:,.0f}".format,
    "latency_ms_1": "{:.3f}".format,
    "latency_ms_64": "{:.3f}".format,
}


def cost_text(column: str, value: float) -> str:
    """A cost in its own unit; ``-`` where it was not measured."""
    return NOTHING if math.isnan(value) else _SHOWN[column](settled(value))


def _cost(column: str, scored: Scored) -> str:
    cost = scored.costs[column]
    shown = cost_text(column, cost.value)
    return shown if math.isnan(cost.ratio) or shown == NOTHING else f"{shown} x{fixed(cost.ratio, 2)}"
