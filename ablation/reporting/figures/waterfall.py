"""The waterfall: what each rung adds on top of the rows before it, beside what was promised for it."""

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.table.rows import Row
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.verdict import CLAIMS, claims
from ablation.experiment.config.promise_values import Promise
from ablation.reporting.figures.rows import ROOMY, RowLabel, legend, rows_figure, titled
from ablation.reporting.figures.style import DARK_GREY, SKY, TWO_COLUMNS, VERMILION
from ablation.reporting.tables.cells import decimals, interval_text

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
    rows = [*(_labelled(row, table) for row in table.rows), _total(table)]
    figure, axes = rows_figure(rows, width, legend_lines=1 if width >= ROOMY else 2)
    for place, row in enumerate(table.rows):
        _draw_row(axes, place, row, table)
    last = table.rows[-1].total if table.rows else None
    if last is not None:
        _bar(axes, len(table.rows), 0.0, last, claimed=table.valid and claims(last, table.alpha))
    axes.axhline(len(table.rows) - 0.5, color=DARK_GREY, linewidth=0.6)
    axes.axvline(0, color="black", linewidth=0.8, zorder=1)
    if not axes.patches:
        axes.set_xticks([0.0])
    axes.margins(x=0.04)
    titled(figure, axes, f"{table.name}: what each rung adds{_ill(table)}", _axis(table))
    handles = _handles(table)
    legend(figure, handles, columns=len(handles) if width >= ROOMY else 2)
    return figure


def _ill(table: Table) -> str:
    if not all(row.scored.complete for row in table.rows):
        return " (incomplete)"
    return "" if table.valid else " (invalid)"


def _labelled(row: Row, table: Table) -> RowLabel:
    own = row.scored
    if not own.complete:
        return RowLabel(row.name, f"incomplete ({own.n}/{own.replicates})", row.verdict.word)
    if row.step is not None:
        return RowLabel(row.name, interval_text(row.step.interval, decimals(table)), row.verdict.word)
    if row.rung or own.summary is None:
        return RowLabel(row.name, "row above incomplete", row.verdict.word)
    return RowLabel(row.name, f"mean {own.summary.mean:.{decimals(table)}f}")


def _total(table: Table) -> RowLabel:
    last = table.rows[-1].total if table.rows else None
    return RowLabel("in all", interval_text(last.interval, decimals(table)) if last else "incomplete")


def _draw_row(axes: Axes, place: int, row: Row, table: Table) -> None:
    if row.step is None or row.total is None:
        return
    end = row.total.interval.mean
    start = end - row.step.interval.mean
    _bar(axes, place, start, row.step, claimed=row.verdict.word in CLAIMS)
    axes.plot([end] * 2, [place, place + 1], color=DARK_GREY, linewidth=0.6, linestyle=":", zorder=1)
    for promise in _drawn(row, table):
        _promise(axes, place, start, promise)


def _drawn(row: Row, table: Table) -> Iterator[Promise]:
    """The promises that can stand on the axis of gains in points."""
    for each in row.promises if table.metric.unit == "points" else ():
        if each.promise.kind == "gain" and each.promise.metric == "accuracy":
            yield each.promise


def _bar(axes: Axes, place: int, start: float, compared: Comparison, *, claimed: bool) -> None:
    """Filled with its colour where it is a claim, pale where it is not."""
    found = compared.interval
    gain = found.mean >= 0
    colour = SKY if gain else VERMILION
    axes.barh(
        place,
        found.mean,
        left=start,
        height=_BAR,
        color=colour if claimed else _NO_CLAIM,
        hatch="" if gain or not claimed else "....",
        edgecolor="black",
        linewidth=0.6,
        zorder=2,
    )
    if found.known:
        axes.hlines(place, start + found.low, start + found.high, color="white", linewidth=2.6, zorder=3)
        reach = [[found.mean - found.low], [found.high - found.mean]]
        axes.errorbar(start + found.mean, place, xerr=reach, color="black", linewidth=1.0, capsize=2.5, zorder=4)


def _promise(axes: Axes, place: int, start: float, promise: Promise) -> None:
    below = place + _BAR / 2 + _PROMISE / 2
    if promise.low == promise.high:
        axes.plot(start + promise.low, below, marker="|", color=DARK_GREY, markersize=7, markeredgewidth=2)
        return
    axes.barh(
        below,
        promise.high - promise.low,
        left=start + promise.low,
        height=_PROMISE,
        color="white",
        hatch=_HATCH,
        edgecolor=DARK_GREY,
        linewidth=0.8,
        zorder=3,
    )


def _axis(table: Table) -> str:
    unit = f" ({table.metric.unit})" if table.metric.unit else ""
    return f"gain in {table.metric.label} over the baseline{unit}"


def _handles(table: Table) -> list[Patch | Line2D]:
    known = [row.step.interval.level for row in table.rows if row.step]
    shown: list[Patch | Line2D] = [
        Patch(facecolor=SKY, edgecolor="black", label="gain"),
        Patch(facecolor=VERMILION, edgecolor="black", hatch="....", label="loss"),
        Patch(facecolor=_NO_CLAIM, edgecolor="black", label="no claim"),
        Line2D([], [], color="black", marker="|", label=f"{100 * max(known, default=0.95):g} % interval"),
    ]
    if any(True for row in table.rows for _ in _drawn(row, table)):
        shown.append(Patch(facecolor="white", edgecolor=DARK_GREY, hatch=_HATCH, label="promised (points of accuracy)"))
    return shown
