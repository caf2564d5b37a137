"""Decodes an image of any kind to a square of RGB bytes."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ablation.recipe.data.decoded import RawImage

BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""Exceptions of Pillow's decoders on a damaged file."""


def is_image(path: Path) -> bool:
    """Whether Pillow recognises the file, which may still be damaged further on."""
    try:
        with Image.open(path):
            return True
    except UnidentifiedImageError:
        return False
    except BROKEN:
        return True


def square(raw: RawImage, size: int) -> NDArray[np.uint8]:
    """The image upright (EXIF), in RGB, resized to a square with Pillow's antialiased bilinear filter.

    An alpha channel is dropped, 16-bit grey keeps its high byte.

    Args:
        size: side, pixels.

    Returns: shape (size, size, 3) uint8.

    Raises:
        One of ``BROKEN``: the image is damaged, or has 32 bits a channel.
    """
    if isinstance(raw, Image.Image):
        return _resized(raw, size)
    with Image.open(BytesIO(raw) if isinstance(raw, bytes) else raw) as image:
        ImageOps.exif_transpose(image, in_place=True)
        return _resized(image, size)


def _resized(image: Image.Image, size: int) -> NDArray[np.uint8]:
    return np.asarray(_rgb(image).resize((size, size), Image.Resampling.BILINEAR))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):  # Pillow's own conversion clips at 255: all but black turns white
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        raise ValueError("32 bits a pixel, of unknown range; store it with 8 or 16")
    elif image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")
