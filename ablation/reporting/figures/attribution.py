"""The attribution: what each rung is worth wherever it stands, beside what it does alone and where it is left out."""

from collections.abc import Iterator
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ablation.analysis.table.table import Table
from ablation.analysis.verdict.attribution import Attribution, RungAttribution
from ablation.reporting.figures.rows import ROOMY, RowLabel, label_axis, legend, rows_figure, whiskers
from ablation.reporting.figures.style import BLUE, ORANGE, PALE, TWO_COLUMNS, VERMILION
from ablation.reporting.tables.cells import decimals_of, interval_text, level_text, unit_of
from ablation.reporting.texts.rung_notes import required_note

_SINGLE: dict[str, Any] = {"markersize": 4.5, "markeredgecolor": "black", "markeredgewidth": 0.6}
_ALONE = {"marker": ">", "color": ORANGE, **_SINGLE}
_LEFT_OUT = {"marker": "<", "color": VERMILION, **_SINGLE}
_CREDIT: dict[str, Any] = {"marker": "D", "markersize": 4.0, "color": BLUE}
"""How the three are drawn: their shapes differ too, for grey print."""

_APART = 0.2
"""How far the single effects lie above the credit, in rows."""


def attribution_figure(attribution: Attribution, table: Table, width: float = TWO_COLUMNS) -> Figure:
    """Each rung's credit with its interval, its gain alone and left out, and the range over all positions measured.

    Args:
        table: that the attribution belongs to, for names and units.
        width: in inches.
    """
    rows = [_label(row, table) for row in attribution.rows]
    figure, axes = rows_figure(rows, width, legend_lines=1 if width >= ROOMY else 2)
    for place, row in enumerate(attribution.rows):
        _draw(axes, place, row)
    axes.axvline(0, color="black", linewidth=0.8, zorder=1)
    axes.margins(x=0.05)
    gain = f"gain in {table.metric.label}{unit_of(table.metric, ' (', ')')}"
    label_axis(figure, axes, f"{table.name}: what each rung is worth", gain)
    legend(figure, list(_handles(attribution, table)), columns=4 if width >= ROOMY else 2)
    return figure


def _label(row: RungAttribution, table: Table) -> RowLabel:
    credit = interval_text(row.credit.interval, decimals_of(table.metric)) if row.credit else "not measured"
    return RowLabel(row.rung, credit, required_note(row))


def _draw(axes: Axes, place: int, row: RungAttribution) -> None:
    if row.lowest < row.highest:  # never with NaN
        axes.plot([row.lowest, row.highest], [place - _APART] * 2, color=PALE, linewidth=3.5, zorder=1)
    for effect, style in ((row.alone, _ALONE), (row.left_out, _LEFT_OUT)):
        if effect is not None:
            axes.plot(effect.interval.mean, place - _APART, linestyle="", zorder=3, **style)
    if row.credit is not None:
        whiskers(axes, row.credit.interval, place + 0.1, zorder=2)
        axes.plot(row.credit.interval.mean, place + 0.1, linestyle="", zorder=3, **_CREDIT)


def _handles(attribution: Attribution, table: Table) -> Iterator[Line2D]:
    credit = f"{attribution.kind}, {level_text(table, 'interval')}"
    yield Line2D([], [], linestyle="-", label=credit, **_CREDIT)
    if any(row.alone for row in attribution.rows):
        yield Line2D([], [], linestyle="", label="on the baseline alone", **_ALONE)
    if any(row.left_out for row in attribution.rows):
        yield Line2D([], [], linestyle="", label="left out of all", **_LEFT_OUT)
    if any(row.lowest < row.highest for row in attribution.rows):
        yield Line2D([], [], color=PALE, linewidth=3.5, label="range over positions")
