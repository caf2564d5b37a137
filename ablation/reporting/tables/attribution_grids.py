"""Attribution as grids: the worth of each rung in all combinations that were measured, and the effects of pairs."""

import math
from collections.abc import Iterator

from ablation.analysis.table.table import Table
from ablation.analysis.verdict.attribution import Attribution, Effect, RungAttribution
from ablation.analysis.verdict.verdict import FEWEST
from ablation.reporting.tables.cells import (
    NOTHING,
    Cell,
    CellGrid,
    adjusted_p,
    decimals_of,
    interval_text,
    level_text,
    p_text,
    signed,
    tone_of,
    unit_of,
    visible,
)
from ablation.reporting.texts.rung_notes import required_note

_AT_ONCE = 10
"""Columns of pairs beside the names in one block."""
_MARK = "*"
"""Behind an effect of a pair whose adjusted p is at or under alpha."""


def attribution_grids(table: Table) -> tuple[CellGrid, ...]:
    """What each rung is worth wherever it stands, and what pairs give beyond their sum; none without a design."""
    attribution = table.attribution
    return (_worth(attribution, table), *_pairs(attribution, table)) if attribution else ()


def _worth(attribution: Attribution, table: Table) -> CellGrid:
    metric, credit = table.metric, f"{attribution.kind} [{level_text(table)}]"
    notes = [(row.rung, required_note(row)) for row in attribution.rows]
    return CellGrid(
        f"What each rung is worth (exploratory: p by Benjamini-Hochberg): {metric.label}{unit_of(metric)}",
        ("rung", "alone", "left out", credit, "p (BH)", "ladder step", "interaction share", "over positions"),
        tuple(_worth_row(row, table) for row in attribution.rows),
        frozenset({"rung"}),
        (*_sums(attribution, table), *(f"{visible(rung)}: {visible(note)}" for rung, note in notes if note)),
    )


def _worth_row(row: RungAttribution, table: Table) -> tuple[Cell, ...]:
    places, credit = decimals_of(table.metric), row.credit
    span = f"{signed(row.lowest, places)}..{signed(row.highest, places)} ({row.positions})"
    return (
        Cell(visible(row.rung)),
        _mean(row.alone, places),
        _mean(row.left_out, places),
        Cell(interval_text(credit.interval, places), tone_of(credit, table.alpha)) if credit else Cell(NOTHING),
        Cell(p_text(adjusted_p(credit))),
        _mean(row.step, places),
        _mean(row.share, places),
        Cell(span if row.positions and not math.isnan(row.lowest) else NOTHING),
    )


def _mean(effect: Effect | None, places: int) -> Cell:
    return Cell(signed(effect.interval.mean, places) if effect else NOTHING)


def _sums(attribution: Attribution, table: Table) -> Iterator[str]:
    """The total, and whether the credits add up to it."""
    places = decimals_of(table.metric)
    if attribution.total:
        yield f"total gain of the full recipe: {interval_text(attribution.total.interval, places)}"
    if attribution.residual:
        credits = "main effects" if attribution.kind == "main effect" else "midpoints"
        yield f"total less the sum of {credits}: {_residual(attribution.residual, places)}"
    for group in attribution.aliases:
        yield f"aliased, so only their sum is known: {visible(', '.join(group))}"


def _residual(effect: Effect, places: int) -> str:
    """What is left, with an unadjusted p: it differs from 0 only where three rungs or more interact."""
    interval, text = effect.interval, interval_text(effect.interval, places)
    if interval.n < FEWEST:
        return text
    meaning = "three rungs or more interact"
    said = meaning if interval.excludes(0.0) else f"it is open whether {meaning}"
    return f"{text}, p {p_text(interval.p)}: {said}"


def _pairs(attribution: Attribution, table: Table) -> Iterator[CellGrid]:
    """A cell for each measured pair; the number above a column stands before the name of its rung."""
    effects = {frozenset(pair.rungs): pair.effect for pair in attribution.interactions}
    names = [row.rung for row in attribution.rows] if effects else []
    for start in range(2, len(names) + 1, _AT_ONCE):
        columns = range(start, min(start + _AT_ONCE, len(names) + 1))
        rows = []
        for place, name in enumerate(names[: columns[-1] - 1], 1):
            pairs = [
                _pair(effects.get(frozenset((name, names[other - 1]))), table) for other in columns if other > place
            ]
            blanks = [Cell("")] * (len(columns) - len(pairs))
            rows.append((Cell(f"{place} {visible(name)}"), *blanks, *pairs))
        yield CellGrid(
            f"What pairs give beyond their sum: {table.metric.label}{unit_of(table.metric)}",
            ("rung", *map(str, columns)),
            tuple(rows),
            frozenset({"rung"}),
            (f"{_MARK} p at or under {table.alpha:.3g} after Benjamini-Hochberg over the pairs",),
        )


def _pair(effect: Effect | None, table: Table) -> Cell:
    if effect is None:
        return Cell(NOTHING)
    tone = tone_of(effect, table.alpha)
    return Cell(signed(effect.interval.mean, decimals_of(table.metric)) + (_MARK if tone else ""), tone)
