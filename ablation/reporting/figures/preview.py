"""The contact sheet of an augmentation: training images as they are, and as a model sees them epoch by epoch."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ablation.reporting.figures.style import DARK_GREY, DPI, TEXT_SIZE, TITLE_SIZE, new_figure, wrapped
from ablation.reporting.tables.cells import visible

_Images = NDArray[np.uint8]

_CELL = 134
"""About how wide an image is on the sheet, dots; small images are shown at a whole multiple of their size."""

_GAP, _BETWEEN, _MARGIN = 0.06, 0.16, 0.12
"""Inches between columns, between blocks of columns, and around the sheet."""

_HEADING, _TITLE, _CAPTION = 0.18, 0.22, 0.3
"""Inches above the columns for their headings, above all for the title, and below each row for two short lines."""

_LONGEST = 17
"""Characters in a line of a caption."""


def preview_sheet(
    images: _Images,
    changed: _Images,
    labels: Sequence[str],
    mixed: _Images | None = None,
    captions: Sequence[Sequence[str]] = (),
    title: str = "",
) -> Figure:
    """A row for each image: itself over its class's name, its augmented versions, then mixtures of it with others.

    Args:
        images: the originals, (n, H, W, 3) uint8.
        changed: their versions in k epochs, (n, k, H, W, 3) uint8.
        labels: names of the originals' classes, n texts.
        mixed: what mixing makes of them, (n, m, H, W, 3) uint8; None where nothing is mixed.
        captions: what each mixture is made of, n rows of m texts ("0.7 cat + 0.3 dog"); empty for none.
        title: over the sheet, such as the rung's name.
    """
    blocks = [images[:, None], changed] if mixed is None else [images[:, None], changed, mixed]
    texts = [[[label] for label in labels], [], captions]
    headings = [["as it is"], [f"epoch {epoch + 1}" for epoch in range(changed.shape[1])], ["mixed"]]
    cell = _cell(images.shape[2])
    lefts = _lefts([block.shape[1] for block in blocks], cell)
    above = _MARGIN + _HEADING + (_TITLE if title else 0)
    width, height = lefts[-1][-1] + cell + _MARGIN, above + len(images) * (cell + _CAPTION)
    figure = new_figure(width, height)
    for block, places, block_headings, block_texts in zip(blocks, lefts, headings, texts, strict=False):
        for row, column in np.ndindex(block.shape[:2]):
            bottom = above + row * (cell + _CAPTION) + cell  # from the top of the figure
            axes = figure.add_axes((places[column] / width, 1 - bottom / height, cell / width, cell / height))
            _show(axes, block[row, column])
            if row == 0 and column < len(block_headings):
                axes.set_title(block_headings[column], fontsize=TEXT_SIZE, color=DARK_GREY, pad=3)
            if block_texts:
                caption = wrapped(visible(block_texts[row][column]), _LONGEST)
                axes.set_xlabel(caption, fontsize=TEXT_SIZE, labelpad=2, parse_math=False)
    if title:
        line = wrapped(visible(title), int(10 * width), lines=1)
        place = _MARGIN / width, 1 - _MARGIN / height
        figure.text(*place, line, va="top", fontsize=TITLE_SIZE, weight="bold", parse_math=False)
    return figure


def _cell(side: int) -> float:
    """Side of an image on the sheet, inches."""
    return side * max(1, round(_CELL / side)) / DPI if side <= _CELL else _CELL / DPI


def _lefts(columns: Sequence[int], cell: float) -> list[list[float]]:
    """Left edges of each block's columns, inches."""
    starts = np.cumsum([0, *columns[:-1]])
    return [
        [_MARGIN + block * _BETWEEN + (start + column) * (cell + _GAP) for column in range(count)]
        for block, (start, count) in enumerate(zip(starts.tolist(), columns, strict=True))
    ]


def _show(axes: Axes, image: _Images) -> None:
    """The image in its own pixels where these are larger than the sheet's dots, else averaged."""
    axes.imshow(image, interpolation="nearest" if image.shape[0] <= _CELL else "antialiased")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
