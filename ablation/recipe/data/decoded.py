"""What a source returns: all labels, and an iterable of images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RawImage = Path | bytes | Image.Image
"""A file, the content of a file, or an image already opened."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """One source's images, not yet resized.

    Args:
        images: n images in the order of the labels, read only when iterated over.
        labels: shape (n,) int64, positions in ``classes``.
        classes: the names of the classes, all different.
        names: of each image in messages, n of them.
        official: shape (n,) of ``train``, ``val`` and ``test``, or None if the source has no splits of its own.
        groups: shape (n,) int64, equal for images that must stay in one split, or None.
        skipped: names of files that were found and not used.
    """

    images: Iterable[RawImage]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    names: tuple[str, ...]
    official: NDArray[np.str_] | None = None
    groups: NDArray[np.int64] | None = None
    skipped: tuple[str, ...] = ()
