"""The waterfall: what each rung adds on top of the rows before it, beside what was promised for it."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ablation.judgement.table import Row, Table
from ablation.report.figures.style import GREY, NORMAL, SKY, SMALL, VERMILION, inches, new_figure, wrapped
from ablation.report.tables.cells import decimals, interval_text, visible
from ablation.stats.interval import Interval

WIDTH, ROW = 7.2, 0.46
"""Inches: the figure's width and the height of a row."""

NUMBERS, TOP, BOTTOM = 1.5, 0.3, 0.85
"""Inches around the axes: numbers to the right, the title above, the axis and its legend below."""

LONGEST = 28
"""Characters in a line of a row's name."""

BAR, LANE = 0.44, 0.2
"""Heights of a measured bar and of the promise below it, in rows."""


def waterfall(table: Table) -> Figure:
    """Gains over the baseline by rung, each bar from the row above to its own, with the interval of that step.

    A row without a gain (its runs are not all there) says so in place of a bar. Promises are in points of accuracy
    and are drawn where the table's metric is in points.
    """
    names = [*(wrapped(visible(row.name), LONGEST) for row in table.rows), "in all"]
    left, height = 0.25 + inches(names, LONGEST), TOP + BOTTOM + ROW * len(names)
    figure = new_figure(WIDTH, height)
    axes = figure.add_axes(
        (left / WIDTH, BOTTOM / height, (WIDTH - left - NUMBERS) / WIDTH, 1 - (TOP + BOTTOM) / height)
    )
    for place, row in enumerate(table.rows):
        _draw_row(axes, place, row, table)
    _draw_total(axes, len(table.rows), table)
    _dress(axes, names, table)
    _legend(figure, table, height)
    return figure


def _draw_row(axes: Axes, place: int, row: Row, table: Table) -> None:
    _number(axes, place, _row_text(row, table))
    if row.step is None or row.total is None:
        return
    start = row.total.mean - row.step.mean
    _bar(axes, place, start, row.step)
    axes.plot([row.total.mean] * 2, [place, place + 1], color=GREY, linewidth=0.6, linestyle=":", zorder=1)
    if row.expect is not None and table.metric.unit == "points":
        _promise(axes, place, start, row.expect)


def _bar(axes: Axes, place: int, start: float, step: Interval) -> None:
    gain = step.mean >= 0
    axes.barh(
        place,
        step.mean,
        left=start,
        height=BAR,
        color=SKY if gain else VERMILION,
        hatch="" if gain else "....",
        edgecolor="black",
        linewidth=0.6,
        zorder=2,
    )
    if step.known:
        reach = [[step.mean - step.low], [step.high - step.mean]]
        axes.errorbar(start + step.mean, place, xerr=reach, color="black", linewidth=1.2, capsize=3, zorder=4)


def _promise(axes: Axes, place: int, start: float, expect: tuple[float, float]) -> None:
    lowest, highest = expect
    below = place + BAR / 2 + LANE / 2
    if lowest == highest:
        axes.plot(start + lowest, below, marker="|", color=GREY, markersize=8, markeredgewidth=2)
        return
    axes.barh(
        below,
        highest - lowest,
        left=start + lowest,
        height=LANE,
        color="white",
        hatch="//////",
        edgecolor=GREY,
        linewidth=0.8,
        zorder=3,
    )


def _draw_total(axes: Axes, place: int, table: Table) -> None:
    last = table.rows[-1] if table.rows else None
    axes.axhline(place - 0.5, color=GREY, linewidth=0.6)
    if last is None or last.total is None:
        _number(axes, place, "incomplete")
        return
    _number(axes, place, interval_text(last.total, decimals(table)))
    _bar(axes, place, 0.0, last.total)


def _row_text(row: Row, table: Table) -> str:
    places = decimals(table)
    if not row.complete:
        return f"incomplete ({row.n}/{row.replicates})"
    if row.step is not None:
        return interval_text(row.step, places)
    return f"mean {row.summary.mean:.{places}f}" if not row.rung and row.summary else "row above incomplete"


def _number(axes: Axes, place: int, text: str) -> None:
    axes.text(1.03, place, text, transform=axes.get_yaxis_transform(), va="center", fontsize=SMALL)


def _dress(axes: Axes, names: Sequence[str], table: Table) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=SMALL, parse_math=False)
    axes.set_ylim(len(names) - 0.45, -0.5)
    axes.margins(x=0.04)
    axes.axvline(0, color="black", linewidth=0.8, zorder=1)
    axes.grid(axis="x", color="0.9", zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    unit = f" ({table.metric.unit})" if table.metric.unit else ""
    axes.set_xlabel(f"gain in {table.metric.label} over the baseline{unit}", fontsize=NORMAL)
    title = f"{visible(table.name)}: what each rung adds{'' if table.complete else ' (incomplete)'}"
    axes.set_title(title, fontsize=NORMAL, loc="left", parse_math=False)


def _legend(figure: Figure, table: Table, height: float) -> None:
    shown: list[Patch | Line2D] = [
        Patch(facecolor=SKY, edgecolor="black", label="gain"),
        Patch(facecolor=VERMILION, edgecolor="black", hatch="....", label="loss"),
        Line2D([], [], color="black", marker="|", label="95 % interval"),
    ]
    if table.metric.unit == "points" and any(row.expect for row in table.rows):
        shown.append(Patch(facecolor="white", edgecolor=GREY, hatch="//////", label="promised (points of accuracy)"))
    figure.legend(
        handles=shown,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.06 / height),
        ncols=len(shown),
        fontsize=SMALL,
        frameon=False,
    )
