"""The replicates of every row: each a point, joined from row to row, so that pairing can be seen and not believed."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ablation.analysis.table.rows import Row
from ablation.analysis.table.table import Table
from ablation.reporting.figures.rows import RowLabel, legend, rows_figure, titled
from ablation.reporting.figures.style import BLUE, PALE, TWO_COLUMNS
from ablation.reporting.tables.cells import decimals

_SPREAD = 0.34
"""How far apart the first and the last replicate of a row lie, in rows: equal scores stay apart."""


def replicates_figure(table: Table, width: float = TWO_COLUMNS) -> Figure:
    """The score of every finished replicate by row of the ladder, the first replicate on top, and each row's mean.

    Lines join a replicate's points in rows that are next to each other and complete; in an incomplete row it is not
    known here which replicates are missing.

    Args:
        width: in inches.
    """
    figure, axes = rows_figure([_labelled(row, table) for row in table.rows], width)
    for (upper, above), (lower, below) in pairwise(enumerate(table.rows)):
        if above.scored.complete and below.scored.complete and above.scored.n == below.scored.n:
            _join(axes, (upper, lower), (above.scored.values, below.scored.values))
    for place, row in enumerate(table.rows):
        _draw(axes, place, row)
    axes.margins(x=0.06)
    unit = f" ({table.metric.unit})" if table.metric.unit else ""
    titled(figure, axes, f"{table.name}: every replicate", f"{table.metric.label}{unit}")
    legend(figure, list(_handles()), columns=3)
    return figure


def _labelled(row: Row, table: Table) -> RowLabel:
    own = row.scored
    number = f"mean {own.summary.mean:.{decimals(table)}f}" if own.summary else "no finished run"
    return RowLabel(row.name, number, "" if own.complete else f"incomplete ({own.n}/{own.replicates})")


def _lanes(place: int, number: int) -> Sequence[float]:
    offsets = np.linspace(-_SPREAD / 2, _SPREAD / 2, number) if number > 1 else np.zeros(1)
    return [place + float(offset) for offset in offsets]


def _join(axes: Axes, places: tuple[int, int], values: tuple[Sequence[float], Sequence[float]]) -> None:
    lanes = (_lanes(place, len(each)) for place, each in zip(places, values, strict=True))
    for xs, ys in zip(zip(*values, strict=True), zip(*lanes, strict=True), strict=True):
        axes.plot(xs, ys, color=PALE, linewidth=0.6, zorder=1)


def _draw(axes: Axes, place: int, row: Row) -> None:
    values = row.scored.values
    face = BLUE if row.scored.complete else "white"
    axes.plot(
        values, _lanes(place, len(values)) if values else [], linestyle="", marker="o", markersize=3.6,
        markerfacecolor=face, markeredgecolor=BLUE, markeredgewidth=0.7, zorder=2,
    )  # fmt: skip
    if row.scored.summary:
        axes.vlines(row.scored.summary.mean, place - 0.3, place + 0.3, color="black", linewidth=1.8, zorder=3)


def _handles() -> Iterator[Line2D]:
    point: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 3.6, "color": BLUE}
    yield Line2D([], [], label="a replicate", **point)
    yield Line2D([], [], color=PALE, linewidth=1.0, label="the same replicate")
    yield Line2D([], [], color="black", linestyle="", marker="|", markersize=8, markeredgewidth=1.8, label="mean")
