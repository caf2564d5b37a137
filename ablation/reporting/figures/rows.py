"""A figure of rows, one below the other: names and numbers beside them where there is room, else above each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ablation.reporting.figures.style import (
    DARK_GREY,
    TEXT_SIZE,
    TITLE_SIZE,
    TWO_COLUMNS,
    inches,
    new_axes,
    new_figure,
    wrapped,
)
from ablation.reporting.tables.cells import visible

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


def rows_figure(rows: Sequence[RowLabel], width: float = TWO_COLUMNS, legend_lines: int = 1) -> tuple[Figure, Axes]:
    """An empty figure of rows, the first on top: row i lies at y = i, from i - 0.5 to i + 0.5.

    Args:
        width: of the figure in inches.
        legend_lines: lines to leave for a legend below the axis.
    """
    roomy = width >= ROOMY
    side, below = 0.46 if roomy else 0.5, 0.48 + _LEGEND_LINE * legend_lines
    height = 0.3 + below + side * len(rows)
    figure = new_figure(width, height)
    names = [wrapped(visible(row.name), _LONGEST, lines=2 if roomy else 1) for row in rows]
    if roomy:
        numbers = inches([line for row in rows for line in (row.number, row.remark)])
        axes = new_axes(figure, inches(names) + 0.2, numbers + 0.2, above=0.3, below=below)
        _beside(axes, names, rows)
    else:
        axes = new_axes(figure, 0.1, 0.1, above=0.3, below=below)
        _above(axes, names, rows)
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.tick_params(axis="x", labelsize=TEXT_SIZE)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(axis="x", color="0.9", linewidth=0.6)
    return figure, axes


def titled(figure: Figure, axes: Axes, title: str, label: str) -> None:
    """Give a figure of rows its title, at the left edge of the figure, and the label of its axis."""
    width, height = figure.get_size_inches()
    line = wrapped(visible(title), int(15 * width), lines=1)
    figure.text(0.08 / width, 1 - 0.06 / height, line, va="top", fontsize=TITLE_SIZE, weight="bold", parse_math=False)
    axes.set_xlabel(label, fontsize=TEXT_SIZE, labelpad=2, parse_math=False)


def legend(figure: Figure, shown: Sequence[Patch | Line2D], columns: int) -> None:
    """The legend, at the foot of a figure of rows."""
    figure.legend(
        handles=list(shown),
        loc="lower center",
        bbox_to_anchor=(0.5, 0.02 / figure.get_figheight()),
        ncols=columns,
        fontsize=TEXT_SIZE,
        frameon=False,
        borderpad=0.2,
        labelspacing=0.3,
        handletextpad=0.5,
        columnspacing=1.2,
    )


def _beside(axes: Axes, names: Sequence[str], rows: Sequence[RowLabel]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=TEXT_SIZE, parse_math=False)
    where: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": TEXT_SIZE, "parse_math": False}
    for place, row in enumerate(rows):
        lift = 0.17 if row.remark else 0.0
        axes.text(1.02, place - lift, row.number, va="center", **where)
        if row.remark:
            axes.text(1.02, place + lift, row.remark, va="center", color=DARK_GREY, **where)


def _above(axes: Axes, names: Sequence[str], rows: Sequence[RowLabel]) -> None:
    axes.set_yticks([])
    where: dict[str, Any] = {
        "transform": axes.get_yaxis_transform(),
        "fontsize": TEXT_SIZE,
        "parse_math": False,
        "va": "center",
        "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.6},  # no line runs through a number
    }
    for place, (name, row) in enumerate(zip(names, rows, strict=True)):
        axes.text(0.0, place - _ABOVE, name, ha="left", **where)
        axes.text(1.0, place - _ABOVE, row.number, ha="right", **where)
