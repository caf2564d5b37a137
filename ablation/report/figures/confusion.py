"""The confusion matrix: for each true class, what it was taken for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ablation.report.figures.style import NORMAL, SMALL, inches, new_figure, wrapped
from ablation.report.tables.cells import visible

MOST_NUMBERED = 20
"""Above this many classes the counts no longer fit their cells, and colour alone shows the shares."""

RIGHT, ABOVE = 0.9, 0.15
"""Inches around the matrix, for the scale and for air."""

LONGEST = 14
"""Characters in a line of a class's name."""


def confusion_figure(labels: NDArray[np.int64], predictions: NDArray[np.int64], classes: Sequence[str]) -> Figure:
    """Counts by true class (rows) and predicted class (columns), coloured by their share of the row.

    Args:
        labels, predictions: (n,) int64 in 0..len(classes)-1. A class without examples has an empty row.
        classes: their names, in order.
    """
    number = len(classes)
    counts = np.bincount(labels * number + predictions, minlength=number**2).reshape(number, number)
    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)
    side = float(np.clip(0.42 * number, 1.6, 6.0))
    names = [wrapped(visible(name), LONGEST) for name in classes]
    left, below = 0.5 + inches(names, LONGEST), 0.5 + 0.75 * inches(names, LONGEST)
    width, height = side + left + RIGHT, side + below + ABOVE
    figure = new_figure(width, height)
    axes = figure.add_axes((left / width, below / height, side / width, side / height))
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    if number <= MOST_NUMBERED:
        _write_counts(axes, counts, share)
    _name_classes(axes, names)
    scale = figure.add_axes(((left + side + 0.12) / width, below / height, 0.1 / width, side / height))
    bar = figure.colorbar(image, cax=scale)
    bar.set_label("share of the true class", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    return figure


def _write_counts(axes: Axes, counts: NDArray[np.int64], share: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=SMALL)


def _name_classes(axes: Axes, names: Sequence[str]) -> None:
    every = 1 + (len(names) - 1) // 40
    places = range(0, len(names), every)
    shown = [names[place] for place in places]
    size = SMALL if len(names) <= MOST_NUMBERED else 5.5
    axes.set_xticks(places, shown, rotation=45, ha="right", rotation_mode="anchor", fontsize=size, parse_math=False)
    axes.set_yticks(places, shown, fontsize=size, parse_math=False)
    axes.set_xlabel("predicted", fontsize=NORMAL)
    axes.set_ylabel("true", fontsize=NORMAL)
