"""Attribution as grids: what each rung is worth in all the combinations it was measured in, and what pairs are."""

import math
from collections.abc import Sequence

from ablation.analysis.table.table import Table
from ablation.analysis.verdict.attribution import Attribution, Effect, RungAttribution
from ablation.analysis.verdict.verdict import FEWEST
from ablation.reporting.tables.cells import (
    NOTHING,
    Cell,
    CellGrid,
    Tone,
    decimals,
    interval_text,
    level_text,
    p_text,
    signed,
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
    found = table.attribution
    return (_worth(found, table), *_pairs(found, table)) if found else ()


def _worth(found: Attribution, table: Table) -> CellGrid:
    credit = f"{found.kind} [{level_text(table)}]"
    return CellGrid(
        f"What each rung is worth (exploratory: p by Benjamini-Hochberg): {table.metric.label}{unit_of(table)}",
        ("rung", "alone", "left out", credit, "p (BH)", "ladder step", "interaction share", "over positions"),
        tuple(_worth_row(row, table) for row in found.rows),
        frozenset({"rung"}),
        (*_sums(found, table), *_required(found)),
    )


def _required(found: Attribution) -> Sequence[str]:
    notes = [(row.rung, required_note(row)) for row in found.rows]
    return [f"{visible(rung)}: {visible(note)}" for rung, note in notes if note]


def _worth_row(row: RungAttribution, table: Table) -> tuple[Cell, ...]:
    places = decimals(table)
    lowest, highest = (signed(each, places) for each in (row.lowest, row.highest))
    known = row.positions and not math.isnan(row.lowest)
    return (
        Cell(visible(row.rung)),
        _mean(row.alone, places),
        _mean(row.left_out, places),
        Cell(interval_text(row.credit.interval, places), _tone(row.credit, table)) if row.credit else Cell(NOTHING),
        Cell(p_text(_p(row.credit)) if row.credit else NOTHING),
        _mean(row.step, places),
        _mean(row.share, places),
        Cell(f"{lowest}..{highest} ({row.positions})" if known else NOTHING),
    )


def _mean(effect: Effect | None, places: int) -> Cell:
    return Cell(signed(effect.interval.mean, places) if effect else NOTHING)


def _p(effect: Effect) -> float:
    """The adjusted p; NaN under five replicates, which claim nothing."""
    return effect.adjusted if effect.interval.n >= FEWEST else math.nan


def _tone(effect: Effect, table: Table) -> Tone:
    if not (_p(effect) <= table.alpha and effect.interval.excludes(0.0)):
        return ""
    return "good" if effect.interval.mean > 0 else "bad"


def _sums(found: Attribution, table: Table) -> Sequence[str]:
    """The total, and whether the credits add up to it."""
    places, lines = decimals(table), []
    if found.total:
        lines.append(f"total gain of the full recipe: {interval_text(found.total.interval, places)}")
    if found.residual:
        what = "main effects" if found.kind == "main effect" else "midpoints"
        lines.append(f"total less the sum of {what}: {_residual(found.residual, places)}")
    lines += [f"cannot be told apart: {visible(', '.join(group))}" for group in found.aliases]
    return lines


def _residual(effect: Effect, places: int) -> str:
    """What is left, tested against nothing: it is only there where three rungs or more interact."""
    found, text = effect.interval, interval_text(effect.interval, places)
    if found.n < FEWEST:
        return text
    what = "three rungs or more interact"
    return f"{text}, p {p_text(found.p)}: {what if found.excludes(0.0) else f'whether {what} cannot be told'}"


def _pairs(found: Attribution, table: Table) -> Sequence[CellGrid]:
    """A cell for each pair measured; columns go by the number before each row's name."""
    effects = {frozenset(each.rungs): each.effect for each in found.interactions}
    names = [row.rung for row in found.rows] if effects else []
    columns = list(enumerate(names, 1))[1:]
    parts = [columns[start : start + _AT_ONCE] for start in range(0, len(columns), _AT_ONCE)]
    return [
        CellGrid(
            f"What pairs give beyond their sum: {table.metric.label}{unit_of(table)}",
            ("rung", *(str(number) for number, _ in part)),
            tuple(
                (
                    Cell(f"{place} {visible(name)}"),
                    *(
                        _pair(effects.get(frozenset((name, other))), table) if number > place else Cell("")
                        for number, other in part
                    ),
                )
                for place, name in enumerate(names, 1)
                if place < part[-1][0]
            ),
            frozenset({"rung"}),
            (f"{_MARK} p at or under {table.alpha:.3g} after Benjamini-Hochberg over the pairs",),
        )
        for part in parts
    ]


def _pair(effect: Effect | None, table: Table) -> Cell:
    if effect is None:
        return Cell(NOTHING)
    tone = _tone(effect, table)
    return Cell(signed(effect.interval.mean, decimals(table)) + (_MARK if tone else ""), tone)
