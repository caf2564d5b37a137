"""Learning curves: loss and accuracy of training and validation, and the learning rate, by epoch."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ablation.analysis.diagnosis.history import EpochHistory
from ablation.reporting.figures import style

TRAINING: dict[str, Any] = {"label": "training", "color": style.BLUE, "linestyle": "-", "marker": "o"}
VALIDATION: dict[str, Any] = {"label": "validation", "color": style.ORANGE, "linestyle": "--", "marker": "s"}
"""Training and validation differ in dash and marker too, for grey print."""

_FEW = 15
"""Up to this many epochs each gets its marker; above, they would hide the line."""


def curves_figure(history: EpochHistory) -> Figure:
    """Three panels side by side; a value that is missing or not finite is a gap in its line.

    Args:
        history: one record an epoch: ``epoch`` and any of ``train/loss``, ``val/loss``, ``train/accuracy`` and
            ``val/accuracy`` (0..1), and ``lr``.
    """
    figure = style.new_figure(7.2, 2.3)
    for number, title in enumerate(("loss", "accuracy", "learning rate")):
        axes = figure.add_axes((0.065 + number * 0.335, 0.2, 0.255, 0.66))
        if title == "learning rate":
            draw_epochs(axes, history, "lr", color=style.DARK_GREY, marker="o", linewidth=1.3)
        else:
            draw_epochs(axes, history, f"train/{title}", linewidth=1.3, **TRAINING)
            draw_epochs(axes, history, f"val/{title}", linewidth=1.3, **VALIDATION)
        dress_epochs(axes, history, title)
        if title == "learning rate":
            axes.set_ylim(bottom=0)
            axes.yaxis.set_major_formatter("{x:.3g}")  # no power of ten to collide with the title
        elif axes.lines:
            lower = title == "accuracy"  # where the lines usually leave room
            axes.legend(fontsize=style.TEXT_SIZE, frameon=False, loc="lower right" if lower else "upper right")
    return figure


def by_epoch(history: EpochHistory, key: str) -> NDArray[np.float64]:
    """A number of every epoch, shape (epochs,); NaN where it is missing or not finite."""
    values = np.array([record.get(key, math.nan) for record in history], dtype=float)
    return np.where(np.isfinite(values), values, math.nan)


def draw_epochs(axes: Axes, history: EpochHistory, key: str, *, marker: str, **look: Any) -> None:
    """Draw a number by epoch as a line, unless it is never finite.

    Args:
        marker: of each epoch, where they are few.
        look: other properties of the line.
    """
    values = by_epoch(history, key)
    if np.isfinite(values).any():
        marker = marker if len(history) <= _FEW else ""
        axes.plot([record["epoch"] for record in history], values, marker=marker, markersize=3, **look)


def dress_epochs(axes: Axes, history: EpochHistory, title: str) -> None:
    """Give axes of lines by epoch their title, grid and labels; write into axes without a line that there is none."""
    epochs = [record["epoch"] for record in history]
    style.plain_axes(axes, grid="both")
    axes.set_xlim(min(epochs, default=1) - 0.5, max(epochs, default=1) + 0.5)
    title_epochs(axes, title)
    if not axes.lines:
        style.mark_empty(axes, "no finite value")


def title_epochs(axes: Axes, title: str) -> None:
    """Give axes their title, and whole epochs along x."""
    axes.set_title(title, fontsize=style.TITLE_SIZE, loc="left", y=1.0)  # a place that need not be looked for
    axes.set_xlabel("epoch", fontsize=style.TEXT_SIZE)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    axes.tick_params(which="both", labelsize=style.TEXT_SIZE)
