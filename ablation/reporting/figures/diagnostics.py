"""One training under the lens: gradients by layer group, the train-validation gap, and each class, by epoch."""

import math
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ablation.analysis.diagnosis.history import EpochHistory
from ablation.reporting.figures.style import (
    BLUE,
    ORANGE,
    TEXT_SIZE,
    TITLE_SIZE,
    inches,
    mark_empty,
    new_figure,
    shortened,
)
from ablation.reporting.tables.cells import visible

_BY_CLASS = (
    ("val/class_accuracy/", "accuracy by class (validation)", 1.0),
    ("val/predicted_share/", "share of predictions", None),
)
"""The lower panels: what their numbers' keys begin with, their titles, and where their scales end; None for the highest
number, since among many classes every share is small and all would be one colour."""

_WIDTH = 7.2
_TOP, _BETWEEN, _BOTTOM, _CURVES = 0.3, 0.75, 0.45, 1.9
"""Inches: above, between and below the two rows of panels, and the height of the upper row."""

_BAR = 0.65
"""Inches to the right of a panel of classes, for its scale."""

_MOST_NAMED = 20
"""Above this many classes only every n-th is named."""
LONGEST = 16
"""Characters in a line of the name of a class or of a layer group."""
LEGEND = 7
"""Layer groups named in the legend, at most: first, last and evenly between; their lines run from light to dark."""
_DASHES = ("-", "--", "-.", ":")
"""Neighbouring layer groups differ in dash too."""
_FEW = 15
"""Up to this many epochs each gets its marker."""


def diagnostics_figure(history: EpochHistory) -> Figure:
    """Four panels: gradient norms, accuracy and its gap, accuracy by class, and share of predictions by class.

    Args:
        history: one record an epoch; what a key does not give at some epoch is a gap there.
    """
    classes = [visible(each) for each in _names(history, "val/predicted_share/")]
    rows = float(np.clip(0.19 * min(len(classes), _MOST_NAMED), 1.2, 4.0))
    height = _TOP + _CURVES + _BETWEEN + rows + _BOTTOM
    figure = new_figure(_WIDTH, height)

    def panel(left: float, bottom: float, width: float, tall: float) -> Axes:
        return figure.add_axes((left / _WIDTH, bottom / height, width / _WIDTH, tall / height))

    upper = _BOTTOM + rows + _BETWEEN
    _gradients(panel(0.55, upper, 2.1, _CURVES), history)
    _gap(panel(4.55, upper, 2.5, _CURVES), history)
    names = [shortened(each, LONGEST) for each in classes]
    left = 0.2 + inches(names)
    width = (_WIDTH - left) / 2 - _BAR
    for (prefix, title, top), named, start in zip(_BY_CLASS, (names, []), (left, left + width + _BAR), strict=True):
        image = _by_class(panel(start, _BOTTOM, width, rows), history, prefix, title, top, named)
        bar = figure.colorbar(image, cax=panel(start + width + 0.08, _BOTTOM, 0.09, rows))
        bar.ax.tick_params(labelsize=TEXT_SIZE)
    return figure


def _gradients(axes: Axes, history: EpochHistory) -> None:
    groups = _names(history, "grad_norm/")
    shades = matplotlib.colormaps["cividis_r"](np.linspace(0.15, 1.0, max(len(groups), 1)))
    named = set(np.linspace(0, len(groups) - 1, min(LEGEND, len(groups))).round().astype(int).tolist())
    for place, (name, shade) in enumerate(zip(groups, shades, strict=False)):
        label = shortened(visible(name.removeprefix("backbone.")), LONGEST) if place in named else "_"
        _line(
            axes,
            history,
            f"grad_norm/{name}",
            label,
            color=shade,
            dash=_DASHES[place % len(_DASHES)],
            width=1.2,
            marker=".",
        )
    _line(axes, history, "grad_norm", "all", color="black", dash="-", width=2.0, marker=".")
    axes.set_yscale("log")
    _dress(axes, history, "gradient norm by layer group")
    if axes.lines:
        axes.legend(fontsize=TEXT_SIZE, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=2.6)


def _gap(axes: Axes, history: EpochHistory) -> None:
    _line(axes, history, "train/clean_accuracy", "training", color=BLUE, dash="-", width=1.4, marker="o")
    _line(axes, history, "val/accuracy", "validation", color=ORANGE, dash="--", width=1.4, marker="s")
    high, low = _series(history, "train/clean_accuracy"), _series(history, "val/accuracy")
    axes.fill_between(_epochs(history), low, high, color="0.9", linewidth=0)
    axes.set_ylim(0, 1.02)
    _dress(axes, history, "accuracy on clean images")
    gap = next((each["gap"] for each in reversed(history) if math.isfinite(each.get("gap", math.nan))), None)
    if axes.lines:
        title = None if gap is None else f"gap {100 * gap:+.1f} points"
        axes.legend(title=title, title_fontsize=TEXT_SIZE, fontsize=TEXT_SIZE, frameon=False, loc="best")


def _line(
    axes: Axes, history: EpochHistory, key: str, label: str, *, color: object, dash: str, width: float, marker: str = ""
) -> None:
    values = _series(history, key)
    if not np.isfinite(values).any():
        return
    axes.plot(
        _epochs(history),
        values,
        color=color,
        linestyle=dash,
        linewidth=width,
        marker=marker if len(history) <= _FEW else "",
        markersize=3,
        label=label,
    )


def _by_class(
    axes: Axes, history: EpochHistory, prefix: str, title: str, top: float | None, names: Sequence[str]
) -> AxesImage:
    """A row of cells for each class, a column for each epoch; the names of the rows, where they are given."""
    classes = _names(history, "val/predicted_share/")
    cells = np.array([_series(history, prefix + each) for each in classes]).reshape(len(classes), len(history))
    first, last = (_epochs(history)[0], _epochs(history)[-1]) if len(history) else (1, 1)
    extent = (first - 0.5, last + 0.5, max(len(classes), 1) - 0.5, -0.5)
    image = axes.imshow(
        cells if cells.size else np.full((1, 1), math.nan),
        cmap="Blues",
        vmin=0,
        vmax=top or (float(np.nanmax(cells)) if np.isfinite(cells).any() else 1.0),
        aspect="auto",
        interpolation="nearest",
        extent=extent,
    )
    axes.set_facecolor("0.8")  # what was not measured
    every = 1 + len(classes) // (_MOST_NAMED + 1)
    places = range(0, len(names), every)
    axes.set_yticks(places, [names[place] for place in places], fontsize=TEXT_SIZE, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set_title(title, fontsize=TITLE_SIZE, loc="left")
    _epoch_axis(axes)
    return image


def _dress(axes: Axes, history: EpochHistory, title: str) -> None:
    epochs = _epochs(history)
    axes.set_title(title, fontsize=TITLE_SIZE, loc="left")
    axes.set_xlim(min(epochs, default=1) - 0.5, max(epochs, default=1) + 0.5)
    axes.grid(color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    _epoch_axis(axes)
    if not axes.lines:
        mark_empty(axes)


def _epoch_axis(axes: Axes) -> None:
    axes.set_xlabel("epoch", fontsize=TEXT_SIZE)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    axes.tick_params(which="both", labelsize=TEXT_SIZE)


def _names(history: EpochHistory, prefix: str) -> list[str]:
    """The names behind a prefix, in the order of the fullest record: layers that were frozen at first come later."""
    keys = max(
        (list(each) for each in history), key=lambda found: sum(key.startswith(prefix) for key in found), default=[]
    )
    return [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]


def _epochs(history: EpochHistory) -> list[float]:
    return [each["epoch"] for each in history]


def _series(history: EpochHistory, key: str) -> NDArray[np.float64]:
    """A number of every epoch, shape (epochs,); NaN where it is missing or not finite."""
    values = np.array([each.get(key, math.nan) for each in history], dtype=float)
    return np.where(np.isfinite(values), values, math.nan)
