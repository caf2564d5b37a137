"""Accuracy of each class before and after: the baseline against the full recipe."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ablation.analysis.verdict.details import ByClass, Details
from ablation.reporting.figures import style
from ablation.reporting.figures.rows import legend, row_axes
from ablation.reporting.tables.cells import signed, visible

_IN_ORDER = 12
"""Up to so many classes keep the order of the data; more are sorted by their change."""

_MOST = 40
"""So many classes are drawn at most: those that gained and those that lost the most."""

_LONGEST = 18
"""Characters in a class's name."""

_APART = 0.16
"""How far before and after lie above and below the middle of their row, in rows."""

_BEFORE: dict[str, Any] = {"color": style.DARK_GREY, "marker": "o", "markerfacecolor": "white"}
_AFTER: dict[str, Any] = {"color": style.BLUE, "marker": "D"}


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


def class_accuracy_figure(details: Details, width: float = style.ONE_COLUMN) -> Figure:
    """Each class's mean accuracy over the replicates with its SD, of the baseline and of the last row.

    Classes that only one of the two knows (a rung may merge or drop some) are left out, as is everything where one of
    the two has no finished run.

    Args:
        width: in inches.
    """
    changes, left_out = _shown(_changes(details[0].by_class, details[-1].by_class))
    names = [style.shortened(visible(change.name), _LONGEST) for change in changes]
    note = 0.16 if left_out else 0
    figure = style.new_figure(width, 0.98 + 0.22 * max(len(changes), 1) + note)
    axes = style.new_axes(figure, style.inches(names) + 0.2, 0.5, above=0.28, below=0.7 + note)
    for place, change in enumerate(changes):
        _draw(axes, place, change)
    _dress(axes, names, left_out)
    last = style.shortened(visible(details[-1].variant), 2 * _LONGEST)
    looks = (("baseline", _BEFORE), (last, _AFTER))
    legend(figure, [Line2D([], [], markersize=3.4, label=name, **look) for name, look in looks], columns=2)
    return figure


def _changes(before: ByClass | None, after: ByClass | None) -> list[_Change]:
    if before is None or after is None:
        return []
    changes = []
    for old, name in enumerate(before.classes):
        if name in after.classes:
            new = after.classes.index(name)
            numbers = (before.mean[old], after.mean[new], before.sd[old], after.sd[new])
            changes.append(_Change(name, *(100 * float(number) for number in numbers)))
    return [change for change in changes if math.isfinite(change.change)]


def _shown(changes: Sequence[_Change]) -> tuple[list[_Change], int]:
    """The classes to draw, from top to bottom, and how many are not."""
    if len(changes) <= _IN_ORDER:
        return list(changes), 0
    ranked = sorted(changes, key=lambda change: -change.change)
    if len(ranked) <= _MOST:
        return ranked, 0
    return [*ranked[: _MOST // 2], *ranked[-_MOST // 2 :]], len(ranked) - _MOST


def _draw(axes: Axes, place: int, change: _Change) -> None:
    upper, lower = place - _APART, place + _APART
    axes.plot([change.before, change.after], [upper, lower], color=style.PALE, linewidth=0.8, zorder=1)
    rows = ((change.before, change.before_sd, upper, _BEFORE), (change.after, change.after_sd, lower, _AFTER))
    for value, sd, y, look in rows:
        if math.isfinite(sd):
            axes.hlines(y, max(value - sd, 0), min(value + sd, 100), color=look["color"], linewidth=0.9, zorder=2)
        axes.plot(value, y, markersize=3.4, zorder=3, **look)
    beside = axes.get_yaxis_transform()
    axes.text(1.03, place, signed(change.change, 1), transform=beside, va="center", fontsize=style.TEXT_SIZE)


def _dress(axes: Axes, names: Sequence[str], left_out: int) -> None:
    row_axes(axes, len(names))
    axes.set_yticks(range(len(names)), names, fontsize=style.TEXT_SIZE, parse_math=False)
    axes.margins(x=0.05)
    more = f"\n{left_out} classes in between are not shown" if left_out else ""
    axes.set_xlabel(f"class accuracy ± SD (points){more}", fontsize=style.TEXT_SIZE, labelpad=2)
    axes.text(1.03, 1.02, "change", transform=axes.transAxes, fontsize=style.TEXT_SIZE, color=style.DARK_GREY)
    axes.set_title("Before and after", fontsize=style.TITLE_SIZE, loc="left", weight="bold")
    if left_out:
        axes.axhline(_MOST // 2 - 0.5, color=style.DARK_GREY, linewidth=0.6, linestyle=":")
    if not names:
        axes.set_xticks([])
        style.mark_empty(axes, "no finished runs to compare")
