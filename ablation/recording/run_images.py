"""The two images of every run: its confusion matrix and its learning curves, drawn in milliseconds.

A ladder has hundreds of runs. Matplotlib takes a quarter of a second for the two, one or two percent of a short
training, and the report draws them in print for the rows of the table; here Pillow draws lines and words.
"""

import functools
import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ablation.reporting.tables.cells import visible
from ablation.tracking.names import Prefix

CELL, _LEGIBLE, _LARGEST, AIR = 26, 12, 900, 6
"""Pixels: of a class's side where its counts fit, and where its name does; of the matrix; beside the matrix."""
_LONGEST = 16
"""Characters of a class's name."""
LIGHTEST, DARKEST = np.array([247, 251, 255]), np.array([8, 48, 107])
_BLACK, _GREY, _PALE, _BLUE, _ORANGE = "#000000", "#666666", "#DDDDDD", "#0072B2", "#E69F00"

_PANELS = (
    ("loss", ((f"{Prefix.TRAIN}loss", _BLUE), (f"{Prefix.VAL}loss", _ORANGE))),
    ("accuracy", ((f"{Prefix.TRAIN}accuracy", _BLUE), (f"{Prefix.VAL}accuracy", _ORANGE))),
    ("learning rate", (("lr", _GREY),)),
)
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM, _GAP = 240, 190, 52, 26, 34, 10
"""Pixels of a panel, and of its margins."""

_FINE = 2
"""A canvas is drawn so many times finer, then reduced: Pillow's lines are not smooth."""
_Point = tuple[float, float]


class _Canvas:
    """A white image; coordinates are in its pixels, the upper left corner is (0, 0)."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width * _FINE, height * _FINE), "white")
        self._draw = ImageDraw.Draw(self.image)

    def write(self, x: float, y: float, text: str, anchor: str, ink: str = _BLACK) -> None:
        self._draw.text((x * _FINE, y * _FINE), text, ink, _font(), anchor)

    def write_upwards(self, x: float, y: float, text: str, centred: bool = False) -> None:
        """Write a word from ``y`` downwards, or with its middle there, turned by a right angle."""
        left, top, right, bottom = _font().getbbox(text)
        word = Image.new("RGB", (math.ceil(right - left), math.ceil(bottom - top)), "white")
        ImageDraw.Draw(word).text((-left, -top), text, _BLACK, _font())
        turned = word.rotate(90, expand=True)
        above = turned.height / 2 if centred else 0
        self.image.paste(turned, (round(x * _FINE - turned.width / 2), round(y * _FINE - above)))

    def line(self, start: _Point, end: _Point, ink: str, width: int) -> None:
        self._draw.line([(x * _FINE, y * _FINE) for x, y in (start, end)], ink, width * _FINE)

    def dot(self, point: _Point, ink: str) -> None:
        self._draw.circle((point[0] * _FINE, point[1] * _FINE), 2 * _FINE, ink)


@functools.cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", 11 * _FINE)


def confusion_image(labels: NDArray[np.int64], decisions: NDArray[np.int64], classes: Sequence[str]) -> Image.Image:
    """Counts by true class (rows) and decided class (columns), coloured by their share of the row.

    Args:
        labels, decisions: (n,) int64 in 0..len(classes)-1.
        classes: their names, in order.
    """
    number = len(classes)
    counts = np.bincount(labels * number + decisions, minlength=number**2).reshape(number, number)
    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)
    colours = (LIGHTEST + share[..., None] * (DARKEST - LIGHTEST)).astype(np.uint8)
    cell = max(1, min(CELL, _LARGEST // number))
    names = [_shortened(visible(name)) for name in classes] if cell >= _LEGIBLE else []
    margin = 30 + math.ceil(max(map(_font().getlength, names), default=0) / _FINE)
    side = cell * number
    canvas = _Canvas(margin + side + AIR, margin + side + AIR)
    shares = Image.fromarray(colours).resize((side * _FINE, side * _FINE), Image.Resampling.NEAREST)
    canvas.image.paste(shares, (margin * _FINE, AIR * _FINE))
    for place, name in enumerate(names):
        middle = cell * (place + 0.5)
        canvas.write(margin - 5, AIR + middle, name, "rm")
        canvas.write_upwards(margin + middle, AIR + 4 + side, name)
    if cell == CELL:
        for row, column in np.argwhere(counts):
            ink = "white" if share[row, column] > 0.5 else _BLACK
            x, y = margin + CELL * (column + 0.5), AIR + CELL * (row + 0.5)
            canvas.write(x, y, str(counts[row, column]), "mm", ink)
    canvas.write_upwards(9, AIR + side / 2, "true", centred=True)
    canvas.write(margin + side / 2, margin + side + AIR - 10, "predicted", "mm")
    return canvas.image.reduce(_FINE)


def curves_image(history: Sequence[Mapping[str, float]]) -> Image.Image:
    """Loss and accuracy of training and validation, and the learning rate, by epoch; what is not finite is a gap."""
    canvas = _Canvas(_WIDTH * len(_PANELS), _HEIGHT)
    epochs = [row["epoch"] for row in history]
    for number, (title, series) in enumerate(_PANELS):
        lines = {ink: [row.get(name, math.nan) for row in history] for name, ink in series}
        _panel(canvas, number * _WIDTH, title, epochs, lines)
    canvas.write(_WIDTH - _GAP, 9, "training", "rm", _BLUE)
    canvas.write(_WIDTH - _GAP - 55, 9, "validation", "rm", _ORANGE)
    return canvas.image.reduce(_FINE)


def _panel(
    canvas: _Canvas, left: int, title: str, epochs: Sequence[float], lines: Mapping[str, Sequence[float]]
) -> None:
    x_range, y_range = (left + _LEFT, left + _WIDTH - _GAP), (_HEIGHT - _BOTTOM, _TOP)
    canvas.write(x_range[0], 9, title, "lm")
    canvas.write(sum(x_range) / 2, _HEIGHT - 8, "epoch", "mm", _GREY)
    finite = [value for values in lines.values() for value in values if math.isfinite(value)]
    if not finite:
        canvas.write(left + _WIDTH / 2, _HEIGHT / 2, "no finite value", "mm", _GREY)
        return
    x_ticks, y_ticks = _ticks(epochs, integer=True), _ticks(finite)
    for tick in y_ticks:
        y = _placed(tick, y_ticks, y_range)
        canvas.line((x_range[0], y), (x_range[1], y), _PALE, 1)
        canvas.write(x_range[0] - 4, y, f"{tick:.3g}", "rm")
    for tick in x_ticks:
        canvas.write(_placed(tick, x_ticks, x_range), y_range[0] + 9, f"{tick:.3g}", "mm")
    for ink, values in lines.items():
        x_values = [_placed(epoch, x_ticks, x_range) for epoch in epochs]
        points = list(zip(x_values, [_placed(value, y_ticks, y_range) for value in values], strict=True))
        for start, end in itertools.pairwise(points):
            if math.isfinite(start[1]) and math.isfinite(end[1]):
                canvas.line(start, end, ink, 2)
        for point in points:
            if math.isfinite(point[1]):
                canvas.dot(point, ink)


def _ticks(values: Sequence[float], integer: bool = False) -> list[float]:
    """Round numbers that embrace the values, at least two."""
    low, high = min(values), max(values)
    spread = (high - low) or abs(high) or 1.0
    ticks = MaxNLocator(4, integer=integer).tick_values(low, high if high > low else low + spread)
    return [float(tick) for tick in ticks]


def _placed(value: float, ticks: Sequence[float], ends: _Point) -> float:
    """The coordinate of a value between the ends, which are those of the first and the last tick."""
    return ends[0] + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (ends[1] - ends[0])


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
