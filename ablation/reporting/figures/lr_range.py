"""The learning-rate range test as a figure: loss against learning rate, with the suggested rate."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ablation.core.profiling.lr_range import Curve, Suggestion
from ablation.reporting.figures.style import BLUE, DARK_GREY, TEXT_SIZE, TITLE_SIZE, VERMILION, new_figure, wrapped
from ablation.reporting.tables.cells import visible

_HEADROOM = 0.15
"""Room above the first loss as a share of the fall: a loss that ran away would flatten all the rest."""


def lr_range_figure(curve: Curve, found: Suggestion, title: str = "") -> Figure:
    """Loss of each step (thin) and without its noise (bold) by learning rate; the readings and the suggestion marked.

    Args:
        title: what was tested, such as the rung's name.
    """
    figure = new_figure(5.2, 3.2)
    axes = figure.add_axes((0.12, 0.16, 0.85, 0.72))
    axes.plot(curve.rates, curve.losses, color=DARK_GREY, linewidth=0.7, label="each step")
    axes.plot(curve.rates, found.smoothed, color=BLUE, linewidth=1.8, label="smoothed")
    _limit(axes, curve, found)
    _mark(axes, curve, found)
    _dress(axes, title, found)
    return figure


def _limit(axes: Axes, curve: Curve, found: Suggestion) -> None:
    if not curve.losses:
        return
    low, high = min(curve.losses), max(curve.losses[0], found.smoothed[0], *np.percentile(curve.losses, [80]))
    room = _HEADROOM * (high - low) or 1.0
    axes.set_ylim(low - room, high + 2 * room)


def _mark(axes: Axes, curve: Curve, found: Suggestion) -> None:
    if found.lr is None or found.steepest is None or found.safest is None:
        return
    logs = np.log(curve.rates)
    for rate, marker, label in (
        (found.steepest, "v", f"steepest fall: {found.steepest:.1e}"),
        (found.safest, "s", f"least loss / 10: {found.safest:.1e}"),
    ):
        at = float(np.interp(np.log(rate), logs, found.smoothed))
        axes.plot(
            rate, at, marker=marker, color="white", markeredgecolor="black", markersize=6, linestyle="", label=label
        )
    axes.axvline(found.lr, color=VERMILION, linestyle="--", linewidth=1.3, label=f"suggested: {found.lr:.1e}")


def _dress(axes: Axes, title: str, found: Suggestion) -> None:
    axes.set_xscale("log")
    axes.set_xlabel("learning rate", fontsize=TITLE_SIZE)
    axes.set_ylabel("training loss", fontsize=TITLE_SIZE)
    head = f"learning-rate range test{f': {visible(title)}' if title else ''}"
    axes.set_title(wrapped(head, 72), fontsize=TITLE_SIZE, loc="left", parse_math=False)
    axes.tick_params(labelsize=TEXT_SIZE)
    axes.grid(color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=TEXT_SIZE, frameon=False, loc="lower left")
    if found.note:
        axes.text(0.02, 0.97, wrapped(found.note, 74), transform=axes.transAxes, va="top", fontsize=TEXT_SIZE)
