"""A table as grids of cells, and the lines around them: what every rendering for people is made from."""

import math

from ablation.analysis.comparison.selection import Candidate, Frontier
from ablation.analysis.promises.promises import Order, PromiseOutcome
from ablation.analysis.promises.quantities import direction
from ablation.analysis.table.table import Table
from ablation.experiment.config.costs import COST_LABELS
from ablation.reporting.tables import ladder_grids
from ablation.reporting.tables.attribution_grids import attribution_grids
from ablation.reporting.tables.cells import Cell, CellGrid, Sheet, Tone, decimals_of, fixed, share, unit_of, visible
from ablation.reporting.tables.tuning_grids import tuning_grids
from ablation.reporting.tables.words import headline
from ablation.reporting.texts.footer import footer
from ablation.reporting.texts.promise_text import measured_text, promise_text


def table_sheet(table: Table) -> Sheet:
    """The verdict in words, the grids and the footer."""
    return Sheet(headline(table), grids(table), notes(table))


def grids(table: Table) -> tuple[CellGrid, ...]:
    """The blocks that have rows, in reading order; what studies did comes last."""
    return (*measured_grids(table), *tuning_grids(table))


def measured_grids(table: Table) -> tuple[CellGrid, ...]:
    """Those of the ladder and the other designs, the ladder's gains first."""
    blocks = (
        ladder_grids.gains_grid(table),
        _promises(table),
        ladder_grids.precision_grid(table),
        ladder_grids.left_out_grid(table),
        *ladder_grids.corrupted_grids(table),
        *attribution_grids(table),
        *(_frontier(frontier, table) for frontier in table.frontiers),
        *ladder_grids.cost_grids(table),
    )
    return tuple(grid for grid in blocks if grid.rows)


def notes(table: Table) -> tuple[str, ...]:
    """The lines to print below the grids."""
    return tuple(map(visible, footer(table)))


def _promises(table: Table) -> CellGrid:
    """All that was promised, and what came of it."""
    of_rungs = [outcome for row in table.rows for outcome in row.promises]
    targets = [table.target] if table.target else []
    return CellGrid(
        "Promised and measured",
        ("rung", "promised", "measured", "kept?"),
        tuple(_promise_row(outcome, table) for outcome in (*of_rungs, *table.wider, *targets)),
        frozenset({"rung", "kept?"}),
        _order(table.order) if table.order else (),
    )


def _promise_row(outcome: PromiseOutcome, table: Table) -> tuple[Cell, ...]:
    return (
        Cell("target" if outcome is table.target else visible(outcome.of)),
        Cell(visible(promise_text(outcome.promise))),
        Cell(measured_text(outcome)),
        Cell(outcome.word or "not measured", _promise_tone(outcome)),
    )


def _promise_tone(outcome: PromiseOutcome) -> Tone:
    """Whether the outcome is good news: more of a gain than was promised is, more milliseconds are not."""
    more = outcome.promise.kind == "gain" or direction(outcome.promise.metric) > 0
    tones: dict[str, Tone] = {"missed": "bad", "as promised": "good", "reached": "good"}
    tones |= {"above": "good" if more else "bad", "below": "bad" if more else "good"}
    return tones.get(outcome.word, "")


def _order(order: Order) -> tuple[str, ...]:
    tau = "" if math.isnan(order.tau) else f" (Kendall's tau {share(order.tau)})"
    return (
        f"order of importance as promised: {visible(' > '.join(order.promised))}",
        f"as measured: {visible(' > '.join(order.measured))}{tau}",
    )


def _frontier(frontier: Frontier, table: Table) -> CellGrid:
    """The variants that no other beats at once in score and in cost."""
    cost, metric = COST_LABELS[frontier.cost], table.metric
    note = (
        f"of {frontier.measured} variants those that no other beats at once in score and cost; enough: the cheapest "
        "within the margin of the best; chosen on validation, no test image was looked at"
    )
    return CellGrid(
        f"Which rungs to keep: validation {metric.label}{unit_of(metric)} against {cost}",
        ("rungs", "validation", cost, "x baseline", "choice"),
        tuple(_frontier_row(candidate, frontier, decimals_of(metric)) for candidate in frontier.candidates),
        frozenset({"rungs", "choice"}),
        (note,),
    )


def _frontier_row(candidate: Candidate, frontier: Frontier, places: int) -> tuple[Cell, ...]:
    choices = {"best": frontier.best, "enough": frontier.enough}
    choice = ", ".join(word for word, chosen in choices.items() if candidate == chosen)
    return (
        Cell(visible(" + ".join(candidate.rungs) or candidate.variant)),
        Cell(fixed(candidate.score, places)),
        Cell(ladder_grids.cost_text(frontier.cost, candidate.cost)),
        Cell(f"x{fixed(candidate.ratio, 2)}"),
        Cell(choice, "good" if choice else ""),
    )
