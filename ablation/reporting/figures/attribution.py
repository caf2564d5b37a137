"""The attribution: what each rung is worth wherever it stands, beside what it does alone and where it is left out."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ablation.analysis.table.table import Table
from ablation.analysis.verdict.attribution import Attribution, RungAttribution
from ablation.reporting.figures.rows import ROOMY, RowLabel, legend, rows_figure, titled
from ablation.reporting.figures.style import BLUE, ORANGE, PALE, TWO_COLUMNS, VERMILION
from ablation.reporting.tables.cells import decimals, interval_text
from ablation.reporting.texts.rung_notes import required_note

_ALONE: dict[str, Any] = {
    "marker": ">",
    "markersize": 4.5,
    "color": ORANGE,
    "markeredgecolor": "black",
    "markeredgewidth": 0.6,
}
_LEFT_OUT: dict[str, Any] = {
    "marker": "<",
    "markersize": 4.5,
    "color": VERMILION,
    "markeredgecolor": "black",
    "markeredgewidth": 0.6,
}
_CREDIT: dict[str, Any] = {"marker": "D", "markersize": 4.0, "color": BLUE}
"""How the three are drawn: told apart by shape where colour is not."""

_APART = 0.2
"""How far the single effects lie above the credit, in rows."""


def attribution_figure(attribution: Attribution, table: Table, width: float = TWO_COLUMNS) -> Figure:
    """Each rung's credit with its interval, its gain alone and left out, and the range over all positions measured.

    Args:
        table: that the attribution belongs to, for names and units.
        width: in inches.
    """
    rows = [_labelled(row, table) for row in attribution.rows]
    figure, axes = rows_figure(rows, width, legend_lines=1 if width >= ROOMY else 2)
    for place, row in enumerate(attribution.rows):
        _draw(axes, place, row)
    axes.axvline(0, color="black", linewidth=0.8, zorder=1)
    axes.margins(x=0.05)
    unit = f" ({table.metric.unit})" if table.metric.unit else ""
    titled(figure, axes, f"{table.name}: what each rung is worth", f"gain in {table.metric.label}{unit}")
    legend(figure, list(_handles(attribution)), columns=4 if width >= ROOMY else 2)
    return figure


def _labelled(row: RungAttribution, table: Table) -> RowLabel:
    credit = interval_text(row.credit.interval, decimals(table)) if row.credit else "not measured"
    return RowLabel(row.rung, credit, required_note(row))


def _draw(axes: Axes, place: int, row: RungAttribution) -> None:
    if row.lowest < row.highest:  # never with NaN
        axes.plot([row.lowest, row.highest], [place - _APART] * 2, color=PALE, linewidth=3.5, zorder=1)
    for effect, look in ((row.alone, _ALONE), (row.left_out, _LEFT_OUT)):
        if effect is not None:
            axes.plot(effect.interval.mean, place - _APART, linestyle="", zorder=3, **look)
    if row.credit is not None:
        found = row.credit.interval
        if found.known:
            reach = [[found.mean - found.low], [found.high - found.mean]]
            axes.errorbar(found.mean, place + 0.1, xerr=reach, color="black", linewidth=1.0, capsize=2.5, zorder=2)
        axes.plot(found.mean, place + 0.1, linestyle="", zorder=3, **_CREDIT)


def _handles(attribution: Attribution) -> Iterator[Line2D]:
    known = [row.credit.interval.level for row in attribution.rows if row.credit]
    interval = f"{100 * max(known, default=0.95):g} % interval"
    yield Line2D([], [], linestyle="-", label=f"{attribution.kind}, {interval}", **_CREDIT)
    effects = chain.from_iterable(((row.alone, "alone"), (row.left_out, "left out")) for row in attribution.rows)
    drawn = {name for effect, name in effects if effect}
    if "alone" in drawn:
        yield Line2D([], [], linestyle="", label="on the baseline alone", **_ALONE)
    if "left out" in drawn:
        yield Line2D([], [], linestyle="", label="left out of all", **_LEFT_OUT)
    if any(row.lowest < row.highest for row in attribution.rows):
        yield Line2D([], [], color=PALE, linewidth=3.5, label="range over positions")
