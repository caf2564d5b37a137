"""What a dataset looks like once it is split: images, counts, statistics, duplicates and the sampler's mix."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.official import SPLIT_NAMES
from ablation.recipe.data.split import Split

_PER_CLASS = 8
_GAP = 0.06  # white between two images, in images
_NAME = 28  # characters of a class name that fit beside the images
_CHUNK = 1024


def contact_sheet(dataset: Dataset, split: Split, max_classes: int = 24) -> Figure:
    """A row for each class: its name, its counts, and up to 8 images spread evenly over its training images.

    Args:
        max_classes: rows to show; classes beyond it are only counted in the title.
    """
    shown = split.classes[:max_classes]
    height = 0.85 * len(shown) + 0.55  # inches
    figure = Figure(figsize=(9.4, height), facecolor="white")
    rows = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
    figure.subplots_adjust(left=0.27, right=0.99, bottom=0.1 / height, top=1 - 0.45 / height, hspace=0.06)
    counts = _counts(split)
    for label, (axes, name) in enumerate(zip(rows, shown, strict=True)):
        axes.imshow(_strip(dataset, split, label), interpolation="nearest")
        axes.set_anchor("W")
        axes.axis("off")
        _label(axes, name, "   ".join(f"{part} {count[label]:,}" for part, count in counts.items()))
    figure.text(0.01, 1 - 0.2 / height, _title(dataset, split, len(shown)), va="center", fontsize=11, weight="bold")
    return figure


def class_counts(split: Split) -> pd.DataFrame:
    """Images by class (rows) and split (columns ``train``, ``val``, ``test``, ``total``)."""
    counts = pd.DataFrame(_counts(split), index=pd.Index(split.classes, name="class"))
    return counts.assign(total=counts.sum(axis=1))


def channel_statistics(dataset: Dataset, split: Split, mean: Sequence[float], std: Sequence[float]) -> pd.DataFrame:
    """Mean and SD of each channel over the training images after (pixel / 255 - mean) / std; near 0 and 1 is usual.

    Returns: rows ``red``, ``green``, ``blue``; columns ``mean`` and ``sd``.
    """
    total, squares, pixels = np.zeros(3), np.zeros(3), 0
    for images in _chunks(dataset, split.train):
        flat = images.reshape(-1, 3).astype(np.float64)
        total, squares, pixels = total + flat.sum(axis=0), squares + (flat**2).sum(axis=0), pixels + len(flat)
    centre = total / pixels
    spread = np.sqrt(np.maximum(squares / pixels - centre**2, 0))
    columns = {"mean": (centre / 255 - mean) / std, "sd": spread / 255 / std}
    return pd.DataFrame(columns, index=pd.Index(["red", "green", "blue"], name="channel"))


def duplicates(dataset: Dataset, split: Split) -> pd.DataFrame:
    """Images of validation and test whose very pixels stand in an earlier split too (train, then val, then test).

    Returns: a row for each such image: ``image``, ``split``, ``class``, and the first image it equals as ``copy_of``,
        ``copy_split``, ``copy_class``. The number of rows is the number of leaks.
    """
    first: dict[bytes, tuple[str, str, str]] = {}
    rows = []
    for part, ids in _parts(split):
        for place, image in zip(ids, chain.from_iterable(_chunks(dataset, ids)), strict=True):
            copy = (dataset.names[place], part, split.classes[split.labels[place]])
            origin = first.setdefault(hashlib.sha256(image.tobytes()).digest(), copy)
            if origin[1] != part:
                rows.append((*copy, *origin))
    return pd.DataFrame(rows, columns=["image", "split", "class", "copy_of", "copy_split", "copy_class"])


def sampler_mix(split: Split, weights: NDArray[np.float64] | None, drawn: NDArray[np.int64]) -> pd.DataFrame:
    """The classes that a sampler shows in one epoch, expected and as drawn.

    Args:
        weights: shape (training images,), chance of each to be drawn up to a factor, in the order of ``split.train``;
            None for equal chances.
        drawn: shape (draws,), positions in ``split.train`` that the sampler gave in an epoch.

    Returns: a row for each class with the images of the training set (``training``), and of an epoch of as many draws
        as ``drawn`` has, expected (``expected``, fractional) and real (``drawn``).
    """
    labels, classes = split.labels[split.train], len(split.classes)
    mass = np.bincount(labels, weights=weights, minlength=classes)
    columns = {
        "training": np.bincount(labels, minlength=classes),
        "expected": len(drawn) * mass / mass.sum(),
        "drawn": np.bincount(labels[drawn], minlength=classes),
    }
    return pd.DataFrame(columns, index=pd.Index(split.classes, name="class"))


def _parts(split: Split) -> list[tuple[str, NDArray[np.int64]]]:
    return list(zip(SPLIT_NAMES, (split.train, split.val, split.test), strict=True))


def _counts(split: Split) -> dict[str, NDArray[np.int64]]:
    return {name: np.bincount(split.labels[ids], minlength=len(split.classes)) for name, ids in _parts(split)}


def _chunks(dataset: Dataset, ids: NDArray[np.int64]) -> Iterator[NDArray[np.uint8]]:
    return (dataset.images[ids[start : start + _CHUNK]] for start in range(0, len(ids), _CHUNK))


def _strip(dataset: Dataset, split: Split, label: int) -> NDArray[np.uint8]:
    """Up to 8 training images of a class side by side, white where there are fewer."""
    ids = split.train[split.labels[split.train] == label]
    chosen = ids[np.unique(np.linspace(0, len(ids) - 1, _PER_CLASS).round().astype(int))]
    side = dataset.images.shape[1]
    step = side + max(1, round(_GAP * side))
    strip = np.full((side, _PER_CLASS * step, 3), 255, dtype=np.uint8)
    for column, image in enumerate(dataset.images[chosen]):
        strip[:, column * step : column * step + side] = image
    return strip


def _label(axes: Axes, name: str, counts: str) -> None:
    """The name of the class and its counts, left of the row."""
    short = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
    for text, height, size, colour in ((short, 0.63, 10.0, "black"), (counts, 0.33, 7.5, "0.4")):
        place = ("figure fraction", "axes fraction")
        axes.annotate(text, (0.01, height), xycoords=place, va="center", fontsize=size, color=colour)


def _title(dataset: Dataset, split: Split, shown: int) -> str:
    side, classes = dataset.images.shape[1], len(split.classes)
    images = sum(len(ids) for _, ids in _parts(split))
    rows = f"{classes} classes" if shown == classes else f"{shown} of {classes} classes"
    return f"{images:,} images of {side} × {side} pixels, {rows}"
