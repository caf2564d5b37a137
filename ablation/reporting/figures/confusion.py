"""The confusion matrix: for each true class, what it was taken for."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ablation.reporting.figures.style import TEXT_SIZE, inches, new_axes, new_figure, shortened
from ablation.reporting.tables.cells import visible

_MOST_NUMBERED = 20
"""Above this many classes the counts no longer fit their cells, and colour alone shows the shares."""

_CELL, _SIDES = 0.27, (1.3, 5.2)
"""Inches: a class's side, and the least and the greatest side of the matrix."""

_AIR, _SCALE = 0.1, 0.66
"""Inches above the matrix and to its right; to its right where there is a scale of the colours."""

_SMALLEST = 5.0
"""Font size in points where there are more."""

_UPRIGHT = 3
"""Characters up to which the names below the matrix need not be turned."""

_LONGEST = 16
"""Characters of a class's name."""


def confusion_figure(counts: NDArray[np.int64], classes: Sequence[str]) -> Figure:
    """Counts by true class (rows) and predicted class (columns), coloured by their share of the row.

    Of many classes colour alone is shown, with its scale.

    Args:
        counts: (len(classes), len(classes)); a class without examples has an empty row.
        classes: their names, in order.
    """
    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)
    side = float(np.clip(_CELL * len(classes), *_SIDES))
    names = [shortened(visible(name), _LONGEST) for name in classes]
    left, below = 0.4 + inches(names), 0.4 + 0.72 * inches(names)
    numbered = len(classes) <= _MOST_NUMBERED
    right = _AIR if numbered else _SCALE
    figure = new_figure(side + left + right, side + below + _AIR)
    axes = new_axes(figure, left, right, _AIR, below)
    one_by_one = "none" if numbered else "auto"  # a pixel a cell in SVG; of many classes several cells share one
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, interpolation=one_by_one)
    _name_classes(axes, names)
    if numbered:
        _write_counts(axes, counts, share)
    else:
        _draw_scale(new_axes(figure, left + side + 0.1, right - 0.2, _AIR, below))
    return figure


def _draw_scale(axes: Axes) -> None:
    shades = np.linspace(1, 0, 256).reshape(-1, 1)
    axes.imshow(shades, cmap="Blues", vmin=0, vmax=1, aspect="auto", extent=(0, 1, 0, 1))
    axes.set_xticks([])
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    axes.tick_params(labelsize=TEXT_SIZE)
    axes.set_ylabel("share of the true class", fontsize=TEXT_SIZE)


def _write_counts(axes: Axes, counts: NDArray[np.int64], share: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=TEXT_SIZE)


def _name_classes(axes: Axes, names: Sequence[str]) -> None:
    every = 1 + (len(names) - 1) // 40
    places, shown = range(0, len(names), every), names[::every]
    size = TEXT_SIZE if len(names) <= _MOST_NUMBERED else _SMALLEST
    axes.set_xticks(places, shown, fontsize=size, parse_math=False)
    if max(map(len, shown), default=0) > _UPRIGHT:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, shown, fontsize=size, parse_math=False)
    axes.set_xlabel("predicted", fontsize=TEXT_SIZE, labelpad=2)
    axes.set_ylabel("true", fontsize=TEXT_SIZE, labelpad=2)
