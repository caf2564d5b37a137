"""What stands in a figure, read back from matplotlib."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.figure import Figure

from ablation.analysis.verdict.details import ByClass, Details, RowDetails


def saved(figure: Figure) -> bytes:
    """The figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def words(figure: Figure) -> list[str]:
    """The texts on the figure and in its first axes, and the labels of the rows."""
    axes = figure.axes[0]
    return [text.get_text() for text in (*figure.texts, *axes.texts, *axes.get_yticklabels())]


def points(figure: Figure, marker: str) -> list[tuple[float, float]]:
    """Places of the single points with a marker."""
    return [tuple(*line.get_xydata()) for line in figure.axes[0].lines if line.get_marker() == marker]


def details_of(before, after, classes) -> Details:
    """A baseline and a last row, of class accuracies of shape (replicates, classes), or None without a finished run."""

    def row(name, accuracy):
        found = None if accuracy is None else ByClass(tuple(classes), np.eye(len(classes), dtype=int), accuracy)
        return RowDetails(name, (), 2, 2, (), found, (), None, ())

    return (row("baseline", before), row("+ last", after))
