"""The waterfall: what each rung adds on top of the rows before it, beside what was promised for it."""

from collections.abc import Iterator
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ablation.analysis.table.rows import Row
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.verdict import CLAIMS, claims
from ablation.experiment.config.promise_values import Promise
from ablation.reporting.figures.rows import ROOMY, RowLabel, label_axis, legend, rows_figure, whiskers
from ablation.reporting.figures.style import DARK_GREY, SKY, TWO_COLUMNS, VERMILION
from ablation.reporting.tables.cells import decimals_of, interval_text, level_text, unit_of
from ablation.stats.interval import Interval

_BAR, _PROMISE = 0.4, 0.18
"""Heights of a measured bar and of the promise below it, in rows."""

_HATCH = "//////"
"""The hatch of a promise."""
_NO_CLAIM = "0.88"
"""What fills a bar that claims nothing."""


def waterfall(table: Table, width: float = TWO_COLUMNS) -> Figure:
    """Gains over the baseline by rung, each bar from the row above to its own, with the interval of that step.

    A row without a gain (its runs are not all there) says so in place of a bar. Of the promises those of a gain in
    accuracy are drawn, where the table's metric is in points.

    Args:
        width: in inches; a narrow figure has names and numbers above its bars.
    """
    total = table.rows[-1].total if table.rows else None
    sum_of_all = interval_text(total.interval, decimals_of(table.metric)) if total else "incomplete"
    labels = [*(_label(row, table) for row in table.rows), RowLabel("in all", sum_of_all)]
    figure, axes = rows_figure(labels, width, legend_lines=1 if width >= ROOMY else 2)
    for place, row in enumerate(table.rows):
        _draw_row(axes, place, row, table)
    if total is not None:
        _bar(axes, len(table.rows), 0.0, total.interval, claimed=table.valid and claims(total, table.alpha))
    axes.axhline(len(table.rows) - 0.5, color=DARK_GREY, linewidth=0.6)
    axes.axvline(0, color="black", linewidth=0.8, zorder=1)
    if not axes.patches:
        axes.set_xticks([0.0])
    axes.margins(x=0.04)
    gain = f"gain in {table.metric.label} over the baseline{unit_of(table.metric, ' (', ')')}"
    label_axis(figure, axes, f"{table.name}: what each rung adds{_doubt(table)}", gain)
    handles = list(_handles(table))
    legend(figure, handles, columns=len(handles) if width >= ROOMY else 2)
    return figure


def _doubt(table: Table) -> str:
    if not all(row.scored.complete for row in table.rows):
        return " (incomplete)"
    return "" if table.valid else " (invalid)"


def _label(row: Row, table: Table) -> RowLabel:
    runs, places = row.scored, decimals_of(table.metric)
    if not runs.complete:
        return RowLabel(row.name, f"incomplete ({runs.n}/{runs.replicates})", row.verdict.word)
    if row.step is not None:
        return RowLabel(row.name, interval_text(row.step.interval, places), row.verdict.word)
    if row.rung or runs.summary is None:
        return RowLabel(row.name, "row above incomplete", row.verdict.word)
    return RowLabel(row.name, f"mean {runs.summary.mean:.{places}f}")


def _draw_row(axes: Axes, place: int, row: Row, table: Table) -> None:
    if row.step is None or row.total is None:
        return
    end = row.total.interval.mean
    start = end - row.step.interval.mean
    _bar(axes, place, start, row.step.interval, claimed=row.verdict.word in CLAIMS)
    axes.plot([end] * 2, [place, place + 1], color=DARK_GREY, linewidth=0.6, linestyle=":", zorder=1)
    for promise in _drawn(row, table):
        _promise(axes, place, start, promise)


def _drawn(row: Row, table: Table) -> list[Promise]:
    """The promises that can stand on the axis of gains in points."""
    promises = [outcome.promise for outcome in row.promises] if table.metric.unit == "points" else []
    return [promise for promise in promises if (promise.kind, promise.metric) == ("gain", "accuracy")]


def _bar(axes: Axes, place: int, start: float, gain: Interval, *, claimed: bool) -> None:
    """A bar filled with its colour where it is a claim, pale where it is not."""
    colour, hatch = (SKY, "") if gain.mean >= 0 else (VERMILION, "....")
    look: dict[str, Any] = {"color": colour, "hatch": hatch} if claimed else {"color": _NO_CLAIM}
    axes.barh(place, gain.mean, _BAR, start, edgecolor="black", linewidth=0.6, zorder=2, **look)
    if gain.known:
        axes.hlines(place, start + gain.low, start + gain.high, color="white", linewidth=2.6, zorder=3)
    whiskers(axes, gain, place, start)


def _promise(axes: Axes, place: int, start: float, promise: Promise) -> None:
    below, low, width = place + _BAR / 2 + _PROMISE / 2, start + promise.low, promise.high - promise.low
    if width == 0:
        axes.plot(low, below, marker="|", color=DARK_GREY, markersize=7, markeredgewidth=2)
    else:
        look: dict[str, Any] = {"color": "white", "hatch": _HATCH, "edgecolor": DARK_GREY}
        axes.barh(below, width, _PROMISE, low, linewidth=0.8, zorder=3, **look)


def _handles(table: Table) -> Iterator[Patch | Line2D]:
    yield Patch(facecolor=SKY, edgecolor="black", label="gain")
    yield Patch(facecolor=VERMILION, edgecolor="black", hatch="....", label="loss")
    yield Patch(facecolor=_NO_CLAIM, edgecolor="black", label="no claim")
    yield Line2D([], [], color="black", marker="|", label=level_text(table, "interval"))
    if any(_drawn(row, table) for row in table.rows):
        yield Patch(facecolor="white", edgecolor=DARK_GREY, hatch=_HATCH, label="promised (points of accuracy)")
