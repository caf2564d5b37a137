"""The values that renderings share, and the one place where their numbers are rounded: for people and for machines."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.attribution import Effect
from ablation.analysis.verdict.verdict import FEWEST, VerdictWord
from ablation.metrics.metric import Metric
from ablation.stats.interval import LEVEL, Interval

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

FlatRecord: TypeAlias = dict[str, str | int | float | bool | None]
"""A flat row of a table for machines, by column."""

_DIGITS = 9
"""Decimals that are kept of any number: a sum over replicates may have other last bits when they come in another order,
and no byte of a report may depend on that."""

_SIGNIFICANT = 10
"""Digits that are kept of costs for machines; costs come in any size."""


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


@dataclass(frozen=True)
class Sheet:
    """What a rendering for people shows, without any markup: lines above, grids, lines below."""

    headline: tuple[str, ...]
    grids: tuple[CellGrid, ...]
    notes: tuple[str, ...]


def visible(text: str) -> str:
    """The text with everything that does not print, such as escape codes, shown as a replacement character."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def settled(value: float) -> float:
    """The number without its last bits, and never ``-0``."""
    return round(value, _DIGITS) + 0.0


def number(value: float) -> float | None:
    """A score, gain or p-value for machines, with nine decimals; None for NaN and for an infinite bound."""
    return settled(value) if math.isfinite(value) else None


def amount(value: float) -> float | None:
    """A cost for machines, with ten significant digits; None where it was not measured."""
    return float(f"{value:.{_SIGNIFICANT}g}") if math.isfinite(value) else None


def decimals_of(metric: Metric) -> int:
    """Decimals of a score or gain: 2 for points, 4 for other units, whose numbers are small."""
    return 2 if metric.unit == "points" else 4


def unit_of(metric: Metric, before: str = ", ", after: str = "") -> str:
    """The metric's unit to stand after its label, ``, points``; empty where it has none."""
    return f"{before}{metric.unit}{after}" if metric.unit else ""


def fixed(value: float, places: int) -> str:
    """A plain number, ``-`` for NaN; what rounds to zero is ``0``, never ``-0``."""
    return NOTHING if math.isnan(value) else f"{round(settled(value), places) + 0.0:.{places}f}"


def signed(value: float, places: int) -> str:
    """A gain with its sign; what rounds to zero is ``+0``, never ``-0``."""
    return f"{round(settled(value), places) + 0.0:+.{places}f}"


def share(value: float) -> str:
    """A proportion, a correlation or the like, -1..1, with two decimals: ``.54``, ``-.20``, ``1.00``."""
    return fixed(value, 2).replace("0.", ".", 1) if abs(value) < 0.995 else fixed(value, 2)


def interval_text(interval: Interval, places: int) -> str:
    """``+2.02 [+1.70, +2.34]``; a single replicate has no interval and says so."""
    mean = signed(interval.mean, places)
    if not interval.known:
        return f"{mean} (n = {interval.n})"
    return f"{mean} [{signed(interval.low, places)}, {signed(interval.high, places)}]"


def level_text(table: Table, word: str = "CI") -> str:
    """``95 % CI``: the level of the intervals of gains, which the plan's alpha decides."""
    levels = [row.step.interval.level for row in (*table.rows, *table.left_out) if row.step]
    return f"{100 * (levels[0] if levels else LEVEL):g} % {word}"


def p_text(value: float) -> str:
    """``.0154``, ``<.0001``, ``1``; ``-`` for NaN."""
    if math.isnan(value):
        return NOTHING
    if settled(value) < 0.0001:
        return "<.0001"
    digits = fixed(value, 4)
    return "1" if digits.startswith("1") else digits.removeprefix("0")


def adjusted_p(gain: Comparison | Effect | None) -> float:
    """The adjusted p-value; NaN under five replicates, which claim nothing."""
    return math.nan if gain is None or gain.interval.n < FEWEST else gain.adjusted


def tone_of(gain: Comparison | Effect, alpha: float) -> Tone:
    """Good or bad where the gain is a claim."""
    if not (adjusted_p(gain) <= alpha and gain.interval.excludes(0.0)):
        return ""
    return "good" if gain.interval.mean > 0 else "bad"
