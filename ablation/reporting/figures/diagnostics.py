"""One training in detail: gradients by layer group, the train-validation gap, and each class, by epoch."""

import math
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from ablation.analysis.diagnosis.history import EpochHistory
from ablation.reporting.figures.curves import TRAINING, VALIDATION, by_epoch, draw_epochs, dress_epochs, title_epochs
from ablation.reporting.figures.style import TEXT_SIZE, inches, new_figure, shortened
from ablation.reporting.tables.cells import visible

_SHARES = "val/predicted_share/"
_BY_CLASS = (("val/class_accuracy/", "accuracy by class (validation)", 1.0), (_SHARES, "share of predictions", None))
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


def diagnostics_figure(history: EpochHistory) -> Figure:
    """Four panels: gradient norms, accuracy and its gap, accuracy by class, and share of predictions by class.

    Args:
        history: one record an epoch; a key that an epoch lacks is a gap there.
    """
    names = [shortened(visible(name), LONGEST) for name in _names(history, _SHARES)]
    rows = float(np.clip(0.19 * min(len(names), _MOST_NAMED), 1.2, 4.0))
    height = _TOP + _CURVES + _BETWEEN + rows + _BOTTOM
    figure = new_figure(_WIDTH, height)

    def panel(left: float, bottom: float, width: float, tall: float) -> Axes:
        return figure.add_axes((left / _WIDTH, bottom / height, width / _WIDTH, tall / height))

    upper = _BOTTOM + rows + _BETWEEN
    _gradients(panel(0.55, upper, 2.1, _CURVES), history)
    _gap(panel(4.55, upper, 2.5, _CURVES), history)
    left = 0.2 + inches(names)
    width = (_WIDTH - left) / 2 - _BAR
    for (prefix, title, top), shown, start in zip(_BY_CLASS, (names, []), (left, left + width + _BAR), strict=True):
        axes = panel(start, _BOTTOM, width, rows)
        image = _by_class(axes, history, prefix, top, shown)
        title_epochs(axes, title)
        bar = figure.colorbar(image, cax=panel(start + width + 0.08, _BOTTOM, 0.09, rows))
        bar.ax.tick_params(labelsize=TEXT_SIZE)
    return figure


def _gradients(axes: Axes, history: EpochHistory) -> None:
    groups = _names(history, "grad_norm/")
    shades = matplotlib.colormaps["cividis_r"](np.linspace(0.15, 1.0, max(len(groups), 1)))
    named = set(np.linspace(0, len(groups) - 1, min(LEGEND, len(groups))).round().astype(int).tolist())
    for place, (name, shade) in enumerate(zip(groups, shades, strict=False)):
        label = shortened(visible(name.removeprefix("backbone.")), LONGEST) if place in named else "_"
        look = {"color": shade, "linestyle": _DASHES[place % len(_DASHES)], "linewidth": 1.2}
        draw_epochs(axes, history, f"grad_norm/{name}", label=label, marker=".", **look)
    draw_epochs(axes, history, "grad_norm", label="all", marker=".", color="black", linewidth=2.0)
    axes.set_yscale("log")
    dress_epochs(axes, history, "gradient norm by layer group")
    if axes.lines:
        axes.legend(fontsize=TEXT_SIZE, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=2.6)


def _gap(axes: Axes, history: EpochHistory) -> None:
    training, validation = "train/clean_accuracy", "val/accuracy"
    draw_epochs(axes, history, training, linewidth=1.4, **TRAINING)
    draw_epochs(axes, history, validation, linewidth=1.4, **VALIDATION)
    epochs = [record["epoch"] for record in history]
    axes.fill_between(epochs, by_epoch(history, training), by_epoch(history, validation), color="0.9", linewidth=0)
    axes.set_ylim(0, 1.02)
    dress_epochs(axes, history, "accuracy on clean images")
    if axes.lines:
        gaps = [gap for gap in by_epoch(history, "gap") if math.isfinite(gap)]
        title = f"gap {100 * gaps[-1]:+.1f} points" if gaps else None
        axes.legend(title=title, title_fontsize=TEXT_SIZE, fontsize=TEXT_SIZE, frameon=False, loc="best")


def _by_class(axes: Axes, history: EpochHistory, prefix: str, top: float | None, names: Sequence[str]) -> AxesImage:
    """A row of cells for each class, a column for each epoch; the rows are named by ``names``, if there are any."""
    classes = _names(history, _SHARES)
    cells = np.array([by_epoch(history, prefix + name) for name in classes]).reshape(len(classes), len(history))
    highest = float(np.nanmax(cells)) if np.isfinite(cells).any() else 1.0
    first, last = (history[0]["epoch"], history[-1]["epoch"]) if len(history) else (1, 1)
    extent = (first - 0.5, last + 0.5, max(len(classes), 1) - 0.5, -0.5)
    shown = cells if cells.size else np.full((1, 1), math.nan)
    image = axes.imshow(shown, cmap="Blues", vmin=0, vmax=top or highest, aspect="auto", extent=extent)
    image.set_interpolation("nearest")
    axes.set_facecolor("0.8")  # what was not measured
    every = 1 + len(classes) // (_MOST_NAMED + 1)
    axes.set_yticks(range(0, len(names), every), names[::every], fontsize=TEXT_SIZE, parse_math=False)
    axes.tick_params(axis="y", length=0)
    return image


def _names(history: EpochHistory, prefix: str) -> list[str]:
    """The names behind a prefix, in the order of the fullest record: layers that were frozen at first come later."""
    names = [[key.removeprefix(prefix) for key in record if key.startswith(prefix)] for record in history]
    return max(names, key=len, default=[])
