"""The learning-rate range test as a figure: loss against learning rate, with the suggested rate."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ablation.core.profiling.lr_range import Curve, Suggestion
from ablation.reporting.figures import style
from ablation.reporting.tables.cells import visible

_HEADROOM = 0.15
"""Room above the first loss as a share of the fall: a loss that ran away would flatten all the rest."""


def lr_range_figure(curve: Curve, suggestion: Suggestion, title: str = "") -> Figure:
    """Loss of each step (thin) and without its noise (bold) by learning rate; the readings and the suggestion marked.

    Args:
        title: what was tested, such as the rung's name.
    """
    figure = style.new_figure(5.2, 3.2)
    axes = figure.add_axes((0.12, 0.16, 0.85, 0.72))
    axes.plot(curve.rates, curve.losses, color=style.DARK_GREY, linewidth=0.7, label="each step")
    axes.plot(curve.rates, suggestion.smoothed, color=style.BLUE, linewidth=1.8, label="smoothed")
    _limit(axes, curve, suggestion)
    _mark(axes, curve, suggestion)
    _dress(axes, title, suggestion.note)
    return figure


def _limit(axes: Axes, curve: Curve, suggestion: Suggestion) -> None:
    if not curve.losses:
        return
    low, high = min(curve.losses), max(curve.losses[0], suggestion.smoothed[0], *np.percentile(curve.losses, [80]))
    room = _HEADROOM * (high - low) or 1.0
    axes.set_ylim(low - room, high + 2 * room)


def _mark(axes: Axes, curve: Curve, suggestion: Suggestion) -> None:
    steepest, safest = suggestion.steepest, suggestion.safest
    if suggestion.lr is None or steepest is None or safest is None:
        return
    for rate, marker, label in ((steepest, "v", "steepest fall"), (safest, "s", "least loss / 10")):
        loss = float(np.interp(np.log(rate), np.log(curve.rates), suggestion.smoothed))
        point = axes.plot(rate, loss, marker=marker, linestyle="", label=f"{label}: {rate:.1e}")[0]
        point.set(color="white", markeredgecolor="black", markersize=6)
    label = f"suggested: {suggestion.lr:.1e}"
    axes.axvline(suggestion.lr, color=style.VERMILION, linestyle="--", linewidth=1.3, label=label)


def _dress(axes: Axes, title: str, note: str) -> None:
    style.plain_axes(axes, grid="both")
    axes.set_xscale("log")
    axes.set_xlabel("learning rate", fontsize=style.TITLE_SIZE)
    axes.set_ylabel("training loss", fontsize=style.TITLE_SIZE)
    head = f"learning-rate range test{f': {visible(title)}' if title else ''}"
    axes.set_title(style.wrapped(head, 72), fontsize=style.TITLE_SIZE, loc="left", parse_math=False)
    axes.legend(fontsize=style.TEXT_SIZE, frameon=False, loc="lower left")
    if note:
        text = style.wrapped(note, 74)
        axes.text(0.02, 0.97, text, transform=axes.transAxes, va="top", fontsize=style.TEXT_SIZE)
