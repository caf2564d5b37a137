"""Learning curves: loss and accuracy of training and validation, and the learning rate, by epoch."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ablation.analysis.diagnosis.history import EpochHistory
from ablation.reporting.figures.style import BLUE, DARK_GREY, ORANGE, TEXT_SIZE, TITLE_SIZE, mark_empty, new_figure

_PANELS = (
    ("loss", (("train/loss", "training"), ("val/loss", "validation"))),
    ("accuracy", (("train/accuracy", "training"), ("val/accuracy", "validation"))),
    ("learning rate", (("lr", ""),)),
)

_CORNERS: Mapping[str, Literal["upper right", "lower right"]] = {"loss": "upper right", "accuracy": "lower right"}
"""Where the lines usually leave room for the legend."""

_LINES = (
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": ORANGE, "linestyle": "--", "marker": "s"},
)
"""Training and validation differ in dash and marker too, for grey print."""

_FEW = 15
"""Up to this many epochs each gets its marker; above, they would hide the line."""


def curves_figure(history: EpochHistory) -> Figure:
    """Three panels side by side; a value that is missing or not finite is a gap in its line.

    Args:
        history: one record an epoch: ``epoch`` and any of ``train/loss``, ``val/loss``, ``train/accuracy`` and
            ``val/accuracy`` (0..1), and ``lr``.
    """
    figure = new_figure(7.2, 2.3)
    for number, (title, series) in enumerate(_PANELS):
        axes = figure.add_axes((0.065 + number * 0.335, 0.2, 0.255, 0.66))
        for (key, label), style in zip(series, _LINES, strict=False):
            _draw(axes, history, key, label, {**style, "color": DARK_GREY} if key == "lr" else style)
        _dress(axes, title, [each["epoch"] for each in history])
    return figure


def _draw(axes: Axes, history: EpochHistory, key: str, label: str, style: Mapping[str, str]) -> None:
    points = [(each["epoch"], each.get(key, math.nan)) for each in history]
    values = [value if math.isfinite(value) else math.nan for _, value in points]
    if all(map(math.isnan, values)):
        return
    marker = style["marker"] if len(points) <= _FEW else ""
    axes.plot(
        [epoch for epoch, _ in points],
        values,
        color=style["color"],
        linestyle=style["linestyle"],
        marker=marker,
        markersize=3,
        linewidth=1.3,
        label=label,
    )


def _dress(axes: Axes, title: str, epochs: Sequence[float]) -> None:
    axes.set_title(title, fontsize=TITLE_SIZE, loc="left", y=1.0)  # a place that need not be looked for
    axes.set_xlabel("epoch", fontsize=TEXT_SIZE)
    axes.set_xlim(min(epochs, default=0) - 0.5, max(epochs, default=0) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.tick_params(labelsize=TEXT_SIZE)
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
    if title == "learning rate":
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:.3g}")  # no power of ten to collide with the title
    if not axes.lines:
        mark_empty(axes)
    elif title in _CORNERS:
        axes.legend(fontsize=TEXT_SIZE, frameon=False, loc=_CORNERS[title])
