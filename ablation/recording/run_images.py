"""The two pictures of every run: its confusion matrix and its learning curves, drawn in milliseconds.

A ladder has hundreds of runs. Matplotlib takes a quarter of a second for the two, one or two percent of a short
training, and the report draws them in print for the rows of the table; here Pillow sets lines and words.
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

_FINE = 2
"""Pixels are drawn so many times finer, then merged: Pillow's lines are not smooth."""
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
"""Pixels of a panel, and what it leaves on its sides."""


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
    named = [_shortened(visible(name)) for name in classes] if cell >= _LEGIBLE else []
    margin = 30 + math.ceil(max(map(_font().getlength, named), default=0) / _FINE)
    canvas = _canvas(margin + cell * number + AIR, margin + cell * number + AIR)
    side = cell * number * _FINE
    shares = Image.fromarray(colours).resize((side, side), Image.Resampling.NEAREST)
    canvas.paste(shares, (margin * _FINE, AIR * _FINE))
    _name(canvas, named, margin, cell)
    if cell == CELL:
        _number(canvas, counts, share, margin)
    _write_upwards(canvas, 9, AIR + cell * number / 2, "true", centred=True)
    _write(ImageDraw.Draw(canvas), margin + cell * number / 2, canvas.height / _FINE - 10, "predicted", "mm")
    return canvas.reduce(_FINE)


def _name(canvas: Image.Image, names: Sequence[str], margin: int, cell: int) -> None:
    draw = ImageDraw.Draw(canvas)
    for place, name in enumerate(names):
        middle = cell * (place + 0.5)
        _write(draw, margin - 5, AIR + middle, name, "rm")
        _write_upwards(canvas, margin + middle, AIR + 4 + cell * len(names), name)


def _number(canvas: Image.Image, counts: NDArray[np.int64], share: NDArray[np.float64], margin: int) -> None:
    draw = ImageDraw.Draw(canvas)
    for row, column in np.argwhere(counts):
        ink = "white" if share[row, column] > 0.5 else _BLACK
        middle = margin + CELL * (column + 0.5), AIR + CELL * (row + 0.5)
        _write(draw, *middle, str(counts[row, column]), "mm", ink)


def curves_image(history: Sequence[Mapping[str, float]]) -> Image.Image:
    """Loss and accuracy of training and validation, and the learning rate, by epoch; what is not finite is a gap."""
    canvas = _canvas(_WIDTH * len(_PANELS), _HEIGHT)
    draw = ImageDraw.Draw(canvas)
    epochs = [row["epoch"] for row in history]
    for number, (title, series) in enumerate(_PANELS):
        lines = {colour: [row.get(key, math.nan) for row in history] for key, colour in series}
        _panel(draw, number * _WIDTH, title, epochs, lines)
    _write(draw, _WIDTH - _GAP, 9, "training", "rm", _BLUE)
    _write(draw, _WIDTH - _GAP - 55, 9, "validation", "rm", _ORANGE)
    return canvas.reduce(_FINE)


def _panel(
    draw: ImageDraw.ImageDraw, x: int, title: str, epochs: Sequence[float], lines: Mapping[str, Sequence[float]]
) -> None:
    _write(draw, x + _LEFT, 9, title, "lm")
    _write(draw, x + (_LEFT + _WIDTH - _GAP) / 2, _HEIGHT - 8, "epoch", "mm", _GREY)
    finite = [value for values in lines.values() for value in values if math.isfinite(value)]
    if not finite:
        _write(draw, x + _WIDTH / 2, _HEIGHT / 2, "no finite value", "mm", _GREY)
        return
    across, upwards = _ticks(epochs, integer=True), _ticks(finite)
    ends = (x + _LEFT, x + _WIDTH - _GAP), (_HEIGHT - _BOTTOM, _TOP)
    for tick in upwards:
        height = _placed(tick, upwards, ends[1])
        draw.line([(ends[0][0] * _FINE, height * _FINE), (ends[0][1] * _FINE, height * _FINE)], _PALE, _FINE)
        _write(draw, x + _LEFT - 4, height, f"{tick:.3g}", "rm")
    for tick in across:
        _write(draw, _placed(tick, across, ends[0]), _HEIGHT - _BOTTOM + 9, f"{tick:.3g}", "mm")
    for colour, values in lines.items():
        places = [
            (_placed(epoch, across, ends[0]) * _FINE, _placed(value, upwards, ends[1]) * _FINE)
            for epoch, value in zip(epochs, values, strict=True)
        ]
        _line(draw, places, colour)


def _line(draw: ImageDraw.ImageDraw, places: Sequence[tuple[float, float]], colour: str) -> None:
    """A line with a gap, and a dot for each place, wherever it is finite."""
    for start, end in itertools.pairwise(places):
        if math.isfinite(start[1]) and math.isfinite(end[1]):
            draw.line([start, end], colour, 2 * _FINE)
    for x, y in places:
        if math.isfinite(y):
            draw.circle((x, y), 2 * _FINE, colour)


def _ticks(values: Sequence[float], integer: bool = False) -> list[float]:
    """Round numbers that embrace the values, at least two."""
    low, high = min(values), max(values)
    spread = (high - low) or abs(high) or 1.0
    ticks = MaxNLocator(4, integer=integer).tick_values(low, high if high > low else low + spread)
    return [float(tick) for tick in ticks]


def _placed(value: float, ticks: Sequence[float], ends: tuple[float, float]) -> float:
    return ends[0] + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (ends[1] - ends[0])


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _canvas(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width * _FINE, height * _FINE), "white")


def _write(draw: ImageDraw.ImageDraw, x: float, y: float, text: str, anchor: str, ink: str = _BLACK) -> None:
    draw.text((x * _FINE, y * _FINE), text, ink, _font(), anchor)


def _write_upwards(canvas: Image.Image, x: float, y: float, text: str, centred: bool = False) -> None:
    """A word that ends below ``y``, or has its middle there, turned by a right angle."""
    left, top, right, bottom = _font().getbbox(text)
    word = Image.new("RGB", (math.ceil(right - left), math.ceil(bottom - top)), "white")
    ImageDraw.Draw(word).text((-left, -top), text, _BLACK, _font())
    turned = word.rotate(90, expand=True)
    above = turned.height / 2 if centred else 0
    canvas.paste(turned, (round(x * _FINE - turned.width / 2), round(y * _FINE - above)))


@functools.cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", 11 * _FINE)
