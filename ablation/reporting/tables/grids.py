"""A table as grids of cells, and the lines around them: what every rendering for people is made from."""

import math

from ablation.analysis.comparison.selection import Candidate, Frontier
from ablation.analysis.promises.promises import Order, PromiseOutcome
from ablation.analysis.promises.quantities import direction
from ablation.analysis.table.table import Table
from ablation.experiment.config.costs import COST_LABELS
from ablation.reporting.tables import ladder_grids
from ablation.reporting.tables.attribution_grids import attribution_grids
from ablation.reporting.tables.cells import Cell, CellGrid, Tone, decimals, fixed, share, unit_of, visible
from ablation.reporting.tables.tuning_grids import tuning_grids
from ablation.reporting.texts.footer import footer
from ablation.reporting.texts.promise_text import measured_text, promise_text

_PROMISES: dict[str, Tone] = {"missed": "bad", "as promised": "good", "reached": "good"}


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
        *(_frontier(each, table) for each in table.frontiers),
        *ladder_grids.cost_grids(table),
    )
    return tuple(grid for grid in blocks if grid.rows)


def notes(table: Table) -> tuple[str, ...]:
    """The lines to print below the grids."""
    return tuple(map(visible, footer(table)))


def _promises(table: Table) -> CellGrid:
    """All that was promised, and what came of it."""
    judged = [
        *(each for row in table.rows for each in row.promises),
        *table.wider,
        *([table.target] if table.target else []),
    ]
    return CellGrid(
        "Promised and measured",
        ("rung", "promised", "measured", "kept?"),
        tuple(_promise_row(each, each is table.target) for each in judged),
        frozenset({"rung", "kept?"}),
        _order(table.order) if table.order else (),
    )


def _promise_row(each: PromiseOutcome, is_target: bool) -> tuple[Cell, ...]:
    word = each.word or "not measured"
    return (
        Cell("target" if is_target else visible(each.of)),
        Cell(visible(promise_text(each.promise))),
        Cell(measured_text(each)),
        Cell(word, _PROMISES.get(word, "") or _surprise(each)),
    )


def _surprise(each: PromiseOutcome) -> Tone:
    """Whether more, or less, than was promised is good news: more of a gain is, more milliseconds are not."""
    more = each.promise.kind == "gain" or direction(each.promise.metric) > 0
    tones: dict[str, Tone] = {"above": "good" if more else "bad", "below": "bad" if more else "good"}
    return tones.get(each.word, "")


def _order(order: Order) -> tuple[str, ...]:
    tau = "" if math.isnan(order.tau) else f" (Kendall's tau {share(order.tau)})"
    return (
        f"order of importance as promised: {visible(' > '.join(order.promised))}",
        f"as measured: {visible(' > '.join(order.measured))}{tau}",
    )


def _frontier(found: Frontier, table: Table) -> CellGrid:
    """The variants that no other beats at once in score and in cost."""
    cost = COST_LABELS[found.cost]
    return CellGrid(
        f"Which rungs to keep: validation {table.metric.label}{unit_of(table)} against {cost}",
        ("rungs", "validation", cost, "x baseline", "choice"),
        tuple(_frontier_row(each, found, table) for each in found.candidates),
        frozenset({"rungs", "choice"}),
        (
            f"of {found.measured} variants those that no other beats at once in score and cost; enough: the cheapest "
            "within the margin of the best; chosen on validation, no test image was looked at",
        ),
    )


def _frontier_row(each: Candidate, found: Frontier, table: Table) -> tuple[Cell, ...]:
    return (
        Cell(visible(" + ".join(each.rungs) or each.variant)),
        Cell(fixed(each.score, decimals(table))),
        Cell(ladder_grids.cost_text(found.cost, each.cost)),
        Cell(f"x{fixed(each.ratio, 2)}"),
        Cell(_choice(each, found), "good" if each in (found.best, found.enough) else ""),
    )


def _choice(each: Candidate, found: Frontier) -> str:
    choices = {"best": found.best, "enough": found.enough}
    return ", ".join(word for word, chosen in choices.items() if each == chosen)
