"""Accuracy of each class before and after: the baseline against the full recipe."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ablation.analysis.verdict.details import ByClass, Details
from ablation.reporting.figures.style import (
    BLUE,
    DARK_GREY,
    ONE_COLUMN,
    PALE,
    TEXT_SIZE,
    TITLE_SIZE,
    inches,
    new_axes,
    new_figure,
    plain_axes,
    shortened,
)
from ablation.reporting.tables.cells import signed, visible

_IN_ORDER = 12
"""Up to so many classes keep the order of the data; more are sorted by their change."""

_MOST = 40
"""So many classes are drawn at most: those that gained and those that lost the most."""

_LONGEST = 18
"""Characters in a class's name."""

_APART = 0.16
"""How far before and after lie above and below the middle of their row, in rows."""


@dataclass(frozen=True)
class _Change:
    """A class's accuracy before and after, with their SD over replicates (NaN for a single one), in points."""

    name: str
    before: float
    after: float
    before_sd: float
    after_sd: float

    @property
    def change(self) -> float:
        return self.after - self.before


def class_accuracy_figure(details: Details, width: float = ONE_COLUMN) -> Figure:
    """Each class's mean accuracy over the replicates with its SD, of the baseline and of the last row.

    Classes that only one of the two knows (a rung may merge or drop some) are left out, as is everything where one of
    the two has no finished run.

    Args:
        width: in inches.
    """
    changes = _changes(details[0].by_class, details[-1].by_class)
    shown, left_out = _shown(changes)
    names = [shortened(visible(each.name), _LONGEST) for each in shown]
    figure = new_figure(width, 0.98 + 0.22 * max(len(shown), 1) + (0.16 if left_out else 0))
    axes = new_axes(figure, inches(names) + 0.2, 0.5, above=0.28, below=0.7 + (0.16 if left_out else 0))
    for place, each in enumerate(shown):
        _draw(axes, place, each)
    _dress(axes, names, left_out)
    _legend(figure, details)
    return figure


def _changes(before: ByClass | None, after: ByClass | None) -> list[_Change]:
    if before is None or after is None:
        return []
    places = {name: place for place, name in enumerate(after.classes)}
    found = [
        _Change(
            name, *(100 * float(each) for each in (before.mean[old], after.mean[new], before.sd[old], after.sd[new]))
        )
        for old, name in enumerate(before.classes)
        if (new := places.get(name)) is not None
    ]
    return [each for each in found if math.isfinite(each.change)]


def _shown(changes: Sequence[_Change]) -> tuple[list[_Change], int]:
    """The classes to draw, from top to bottom, and how many are not."""
    if len(changes) <= _IN_ORDER:
        return list(changes), 0
    ranked = sorted(changes, key=lambda each: -each.change)
    if len(ranked) <= _MOST:
        return ranked, 0
    return [*ranked[: _MOST // 2], *ranked[-_MOST // 2 :]], len(ranked) - _MOST


def _draw(axes: Axes, place: int, each: _Change) -> None:
    upper, lower = place - _APART, place + _APART
    axes.plot([each.before, each.after], [upper, lower], color=PALE, linewidth=0.8, zorder=1)
    for value, sd, y, colour, face, marker in (
        (each.before, each.before_sd, upper, DARK_GREY, "white", "o"),
        (each.after, each.after_sd, lower, BLUE, BLUE, "D"),
    ):
        if math.isfinite(sd):
            axes.hlines(y, max(value - sd, 0), min(value + sd, 100), color=colour, linewidth=0.9, zorder=2)
        axes.plot(value, y, marker=marker, markersize=3.4, color=colour, markerfacecolor=face, zorder=3)
    where = axes.get_yaxis_transform()
    axes.text(1.03, place, signed(each.change, 1), transform=where, va="center", fontsize=TEXT_SIZE)


def _dress(axes: Axes, names: Sequence[str], left_out: int) -> None:
    plain_axes(axes, grid="x")
    axes.set_yticks(range(len(names)), names, fontsize=TEXT_SIZE, parse_math=False)
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.05)
    more = f"\n{left_out} classes in between are not shown" if left_out else ""
    axes.set_xlabel(f"class accuracy ± SD (points){more}", fontsize=TEXT_SIZE, labelpad=2)
    axes.text(1.03, 1.02, "change", transform=axes.transAxes, fontsize=TEXT_SIZE, color=DARK_GREY)
    axes.set_title("Before and after", fontsize=TITLE_SIZE, loc="left", weight="bold")
    if left_out:
        axes.axhline(_MOST // 2 - 0.5, color=DARK_GREY, linewidth=0.6, linestyle=":")
    if not names:
        axes.set_xticks([])
        axes.text(0.5, 0.5, "no finished runs to compare", ha="center", transform=axes.transAxes, fontsize=TEXT_SIZE)


def _legend(figure: Figure, details: Details) -> None:
    full = shortened(visible(details[-1].variant), 2 * _LONGEST)
    figure.legend(
        handles=[
            Line2D([], [], color=DARK_GREY, marker="o", markerfacecolor="white", markersize=3.4, label="baseline"),
            Line2D([], [], color=BLUE, marker="D", markersize=3.4, label=full),
        ],
        loc="lower center",
        bbox_to_anchor=(0.5, 0.02 / figure.get_figheight()),
        ncols=2,
        fontsize=TEXT_SIZE,
        frameon=False,
        columnspacing=1.2,
    ).set_in_layout(False)
