"""A figure of rows, one below the other: names and numbers beside them where there is room, else above each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ablation.reporting.figures import style
from ablation.reporting.tables.cells import visible
from ablation.stats.interval import Interval

ROOMY = 5.0
"""Inches from which a figure has room for names and numbers beside the axes."""

_LONGEST = 30
"""Characters in a line of a row's name."""

_ABOVE = 0.4
"""Where a name stands above its row, in rows."""

_LEGEND_LINE = 0.17
"""Inches that a line of the legend takes."""


@dataclass(frozen=True)
class RowLabel:
    """What stands beside a row: its name, its number, and a remark on a line of its own where there is room."""

    name: str
    number: str
    remark: str = ""


def rows_figure(rows: Sequence[RowLabel], width: float, legend_lines: int = 1) -> tuple[Figure, Axes]:
    """An empty figure of rows, as in ``row_axes``.

    Args:
        width: of the figure in inches.
        legend_lines: lines to leave for a legend below the axis.
    """
    roomy = width >= ROOMY
    side, below = 0.46 if roomy else 0.5, 0.48 + _LEGEND_LINE * legend_lines
    figure = style.new_figure(width, 0.3 + below + side * len(rows))
    names = [style.wrapped(visible(row.name), _LONGEST, lines=2 if roomy else 1) for row in rows]
    left = right = 0.1
    if roomy:
        left = style.inches(names) + 0.2
        right = style.inches([line for row in rows for line in (row.number, row.remark)]) + 0.2
    axes = style.new_axes(figure, left, right, above=0.3, below=below)
    row_axes(axes, len(rows))
    if roomy:
        _beside(axes, names, rows)
    else:
        _above(axes, names, rows)
    return figure, axes


def row_axes(axes: Axes, rows: int) -> None:
    """Make axes those of so many rows, the first on top: row i lies at y = i, from i - 0.5 to i + 0.5."""
    style.plain_axes(axes, grid="x")
    axes.set_ylim(max(rows, 1) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def whiskers(axes: Axes, interval: Interval, y: float, start: float = 0.0, zorder: int = 4) -> None:
    """Draw an interval of a gain over ``start``, if there is one."""
    if interval.known:
        reach = [[interval.mean - interval.low], [interval.high - interval.mean]]
        axes.errorbar(start + interval.mean, y, xerr=reach, color="black", linewidth=1.0, capsize=2.5, zorder=zorder)


def label_axis(figure: Figure, axes: Axes, title: str, label: str) -> None:
    """Give a figure of rows its title, at the left edge of the figure, and the label of its axis."""
    width, height = figure.get_size_inches()
    line = style.wrapped(visible(title), int(15 * width), lines=1)
    figure.text(
        0.08 / width, 1 - 0.06 / height, line, va="top", fontsize=style.TITLE_SIZE, weight="bold", parse_math=False
    )
    axes.set_xlabel(label, fontsize=style.TEXT_SIZE, labelpad=2, parse_math=False)


def legend(figure: Figure, handles: Sequence[Patch | Line2D], columns: int) -> None:
    """The legend, at the foot of a figure of rows."""
    foot = (0.5, 0.02 / figure.get_figheight())
    spaces = {"borderpad": 0.2, "labelspacing": 0.3, "handletextpad": 0.5, "columnspacing": 1.2}
    place: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": foot, "ncols": columns, **spaces}
    figure.legend(handles=list(handles), fontsize=style.TEXT_SIZE, frameon=False, **place)


def _beside(axes: Axes, names: Sequence[str], rows: Sequence[RowLabel]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=style.TEXT_SIZE, parse_math=False)
    where: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": style.TEXT_SIZE, "parse_math": False}
    for place, row in enumerate(rows):
        lift = 0.17 if row.remark else 0.0
        axes.text(1.02, place - lift, row.number, va="center", **where)
        if row.remark:
            axes.text(1.02, place + lift, row.remark, va="center", color=style.DARK_GREY, **where)


def _above(axes: Axes, names: Sequence[str], rows: Sequence[RowLabel]) -> None:
    axes.set_yticks([])
    where: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": style.TEXT_SIZE, "parse_math": False}
    where |= {"va": "center", "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.6}}  # no line crosses it
    for place, (name, row) in enumerate(zip(names, rows, strict=True)):
        axes.text(0.0, place - _ABOVE, name, ha="left", **where)
        axes.text(1.0, place - _ABOVE, row.number, ha="right", **where)
