"""The replicates of every row: each a point, joined from row to row, so that the pairing can be seen."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ablation.analysis.table.rows import Row
from ablation.analysis.table.table import Table
from ablation.reporting.figures.rows import RowLabel, label_axis, legend, rows_figure
from ablation.reporting.figures.style import BLUE, PALE, TWO_COLUMNS
from ablation.reporting.tables.cells import decimals_of, unit_of

_SPREAD = 0.34
"""How far apart the first and the last replicate of a row lie, in rows: equal scores stay apart."""


def replicates_figure(table: Table, width: float = TWO_COLUMNS) -> Figure:
    """The score of every finished replicate by row of the ladder, the first replicate on top, and each row's mean.

    Lines join a replicate's points in rows that are next to each other and complete; in an incomplete row it is not
    known here which replicates are missing.

    Args:
        width: in inches.
    """
    figure, axes = rows_figure([_label(row, table) for row in table.rows], width)
    for (place, above), (_, below) in pairwise(enumerate(table.rows)):
        if above.scored.complete and below.scored.complete and above.scored.n == below.scored.n:
            ends = zip(_heights(place, above.scored.n), _heights(place + 1, below.scored.n), strict=True)
            for xs, ys in zip(zip(above.scored.values, below.scored.values, strict=True), ends, strict=True):
                axes.plot(xs, ys, color=PALE, linewidth=0.6, zorder=1)
    for place, row in enumerate(table.rows):
        _draw(axes, place, row)
    axes.margins(x=0.06)
    score = f"{table.metric.label}{unit_of(table.metric, ' (', ')')}"
    label_axis(figure, axes, f"{table.name}: every replicate", score)
    legend(figure, list(_handles()), columns=3)
    return figure


def _label(row: Row, table: Table) -> RowLabel:
    runs = row.scored
    number = f"mean {runs.summary.mean:.{decimals_of(table.metric)}f}" if runs.summary else "no finished run"
    return RowLabel(row.name, number, "" if runs.complete else f"incomplete ({runs.n}/{runs.replicates})")


def _heights(place: int, replicates: int) -> list[float]:
    """Where the replicates of a row lie: y, one for each."""
    half = _SPREAD / 2 if replicates > 1 else 0.0
    return [float(y) for y in np.linspace(place - half, place + half, replicates)]


def _draw(axes: Axes, place: int, row: Row) -> None:
    scores = row.scored
    face = BLUE if scores.complete else "white"
    points = axes.plot(scores.values, _heights(place, len(scores.values)), linestyle="", marker="o", zorder=2)[0]
    points.set(markersize=3.6, markerfacecolor=face, markeredgecolor=BLUE, markeredgewidth=0.7)
    if scores.summary:
        axes.vlines(scores.summary.mean, place - 0.3, place + 0.3, color="black", linewidth=1.8, zorder=3)


def _handles() -> Iterator[Line2D]:
    yield Line2D([], [], linestyle="", marker="o", markersize=3.6, color=BLUE, label="a replicate")
    yield Line2D([], [], color=PALE, linewidth=1.0, label="the same replicate")
    yield Line2D([], [], color="black", linestyle="", marker="|", markersize=8, markeredgewidth=1.8, label="mean")
