"""The ladder as grids: gains, how precise they are, what leaving a rung out does, corrupted images, costs."""

import math
from collections.abc import Iterable, Mapping, Sequence

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.table.rows import Cost, Row
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.tuning import UNPLANNED, Unplanned
from ablation.analysis.verdict.verdict import FEWEST
from ablation.experiment.config.costs import COST_LABELS
from ablation.reporting.tables.cells import (
    NOTHING,
    TONES,
    Cell,
    CellGrid,
    adjusted_p,
    decimals_of,
    fixed,
    interval_text,
    level_text,
    p_text,
    settled,
    share,
    tone_of,
    unit_of,
    visible,
)
from ablation.reporting.texts.remedies import waiting_lines
from ablation.reporting.texts.rung_notes import left_out_note
from ablation.stats.summary import Summary

_AT_ONCE = 5
"""Columns of numbers beside the names in one block of corrupted images."""


def mean_cell(scores: Summary | None, table: Table) -> Cell:
    """``82.05 ± 0.50``; a single score has no spread."""
    if scores is None:
        return Cell(NOTHING)
    places = decimals_of(table.metric)
    mean = fixed(scores.mean, places)
    return Cell(mean if math.isnan(scores.sd) else f"{mean} ± {fixed(scores.sd, places)}")


def gain_cell(gain: Comparison | None, row: Row, table: Table) -> Cell:
    """A gain with its interval; the baseline has none, and neither has a row of which runs are missing."""
    if not row.rung:
        return Cell("")
    if gain is None:
        runs = row.scored
        return Cell(NOTHING if runs.complete else f"incomplete ({runs.n}/{runs.replicates})", "warn")
    return Cell(interval_text(gain.interval, decimals_of(table.metric)), tone_of(gain, table.alpha))


def verdict_cell(row: Row) -> Cell:
    """The word; why it is that word stands in the headline."""
    return Cell(row.verdict.word or (NOTHING if row.rung else ""), TONES.get(row.verdict.word, ""))


def gains_grid(table: Table) -> CellGrid:
    """The table itself."""
    level = level_text(table)
    steps = (f"step gain [{level}]", "p (Holm)", "wins")
    return CellGrid(
        f"{visible(table.name)}: {table.metric.label}{unit_of(table.metric)}",
        ("rung", "mean ± SD", "n", *steps, f"over baseline [{level}]", "verdict"),
        (*(_gains_row(row, table, Cell(_won(row))) for row in table.rows), *map(_unplanned_row, table.unplanned)),
        frozenset({"rung", "verdict"}),
        tuple(map(visible, waiting_lines([each.rung for each in table.unplanned], table.remedy, table.invocation))),
    )


def left_out_grid(table: Table) -> CellGrid:
    """What the full recipe has over itself without each rung."""
    level = level_text(table)
    notes = tuple(f"{visible(row.name)}: {visible(note)}" for row in table.left_out if (note := left_out_note(row)))
    return CellGrid(
        "Left out of the full recipe (exploratory: p by Benjamini-Hochberg)",
        ("rung", "mean ± SD", "n", f"full over it [{level}]", "p (BH)", f"over baseline [{level}]", "verdict"),
        tuple(_gains_row(row, table) for row in table.left_out),
        frozenset({"rung", "verdict"}),
        notes,
    )


def _gains_row(row: Row, table: Table, *after_p: Cell) -> tuple[Cell, ...]:
    return (
        Cell(visible(row.name)),
        mean_cell(row.scored.summary, table),
        _count_cell(row),
        gain_cell(row.step, row, table),
        Cell(p_text(adjusted_p(row.step)) if row.step else ""),
        *after_p,
        gain_cell(row.total, row, table),
        verdict_cell(row),
    )


def _count_cell(row: Row) -> Cell:
    """Replicates, and how many of them are missing, failed or diverged."""
    runs = row.scored
    if not runs.complete:
        failed = f", {runs.n_failed} failed" if runs.n_failed else ""
        return Cell(f"{runs.n}/{runs.replicates}{failed}", "warn")
    return Cell(f"{runs.n}, {runs.diverged} diverged", "warn") if runs.diverged else Cell(str(runs.n))


def _unplanned_row(waiting: Unplanned) -> tuple[Cell, ...]:
    return (Cell(visible(f"+ {waiting.rung}")), *[Cell(NOTHING)] * 4, Cell(""), Cell(NOTHING), Cell(UNPLANNED))


def _won(row: Row) -> str:
    """Replicates won of all; nothing of a control, which has nothing to win."""
    return f"{row.step.wins.won}/{row.step.interval.n}" if row.step and not row.control else ""


def precision_grid(table: Table) -> CellGrid:
    """How sure the gains are, and what it would take to be surer."""
    margin = "the margin" if math.isnan(table.margin) else f"{table.margin:g}"
    tests = ("p over baseline", "sign-flip p", "MDE80", "pair rho", f"n to find {margin}")
    note = "p over baseline: by Holm, a family of its own; n: replicates in all that find the margin four times in five"
    return CellGrid(
        "How precise the steps are",
        ("rung", "min..max", "wins [95 % CI]", *tests),
        tuple(tuple(map(Cell, _precision_row(row, table))) for row in table.rows),
        frozenset({"rung"}),
        (note,),
    )


def _precision_row(row: Row, table: Table) -> tuple[str, ...]:
    scores, step, places = row.scored.summary, row.step, decimals_of(table.metric)
    extremes = f"{fixed(scores.min, places)}..{fixed(scores.max, places)}" if scores else NOTHING
    p_total = p_text(adjusted_p(row.total))
    if step is None or row.control:
        return (visible(row.name), extremes, "", p_total if row.total else "", "", "", "", "")
    flip = p_text(step.sign_flip) if step.interval.n >= FEWEST else NOTHING
    power = (fixed(step.detectable, places), share(step.correlation), _needed(step, table.margin))
    return (visible(row.name), extremes, _wins(step), p_total, flip, *power)


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


def corrupted_grids(table: Table) -> tuple[CellGrid, ...]:
    """Scores on corrupted test images, a few corruptions at a time."""
    rows = (*table.rows, *table.left_out)
    labels = tuple(rows[0].scored.corrupted) if rows else ()
    parts = [labels[start : start + _AT_ONCE] for start in range(0, len(labels), _AT_ONCE)]
    return tuple(
        CellGrid(
            f"On corrupted test images: {table.metric.label}{unit_of(table.metric)}, mean ± SD",
            ("rung", "as they are", *map(visible, part)),
            tuple(_corrupted_row(row, part, table) for row in rows),
            frozenset({"rung"}),
        )
        for part in parts
    )


def _corrupted_row(row: Row, labels: Iterable[str], table: Table) -> tuple[Cell, ...]:
    scores = (row.scored.summary, *(row.scored.corrupted[label] for label in labels))
    return (Cell(visible(row.name)), *(mean_cell(each, table) for each in scores))


_TRAINING = {"train_seconds": ".1f", "images_per_second": ",.0f", "peak_memory_mb": ",.0f", "epochs_to_best": ".1f"}
_PREDICTION = {"parameters": ",.0f", "latency_ms_1": ".3f", "latency_ms_64": ".3f"}
_FORMATS = _TRAINING | _PREDICTION
"""How the number of each cost is written."""


def cost_grids(table: Table) -> tuple[CellGrid, ...]:
    """What training and what the trained model costs; columns that were measured in no row are left out.

    Trials are a cost too: those of the study that a row's recipe is the best of, where any row was tuned.
    """
    rows = (*table.rows, *table.left_out)
    training = _costs(_TRAINING, rows)
    if any(row.scored.trials for row in rows):
        training["trials"] = [str(row.scored.trials) for row in rows]
    return (
        _cost_grid("Cost of training, x the baseline's", training, rows),
        _cost_grid("Cost of the trained model, x the baseline's", _costs(_PREDICTION, rows), rows),
    )


def _costs(names: Iterable[str], rows: Sequence[Row]) -> dict[str, list[str]]:
    """A text for each row by the label of the cost."""
    measured = [name for name in names if any(not math.isnan(row.scored.costs[name].value) for row in rows)]
    return {COST_LABELS[name]: [_cost(name, row.scored.costs[name]) for row in rows] for name in measured}


def _cost_grid(title: str, costs: Mapping[str, Sequence[str]], rows: Sequence[Row]) -> CellGrid:
    columns = {"rung": [visible(row.name) for row in rows], **costs}
    lines = zip(*columns.values(), strict=True) if costs else ()
    return CellGrid(title, tuple(columns), tuple(tuple(map(Cell, line)) for line in lines), frozenset({"rung"}))


def cost_text(column: str, value: float) -> str:
    """A cost in its own unit; ``-`` where it was not measured."""
    return NOTHING if math.isnan(value) else f"{settled(value):{_FORMATS[column]}}"


def _cost(column: str, cost: Cost) -> str:
    text = cost_text(column, cost.value)
    return text if math.isnan(cost.ratio) or text == NOTHING else f"{text} x{fixed(cost.ratio, 2)}"
