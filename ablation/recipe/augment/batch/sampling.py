"""Images resampled: for each image and each pixel of the result, the place where the image is read.

Places are in the units of ``torch.nn.functional.grid_sample``: -1 and 1 are the outer edges of the image.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

Interpolation: TypeAlias = Literal["nearest", "bilinear"]


def sampled(images: Tensor, places: Tensor, interpolation: Interpolation) -> Tensor:
    """Images (batch, 3, H, W) uint8 read at ``places`` (batch, H, W, 2), x before y; outside of an image is black."""
    read = F.grid_sample(images.float(), places, mode=interpolation, padding_mode="zeros", align_corners=False)
    return as_bytes(read.round_())


def as_bytes(levels: Tensor) -> Tensor:
    """Whole numbers in 0..255 as uint8; converted through 16 bits, which takes half the time on the CPU."""
    return levels.to(torch.int16).to(torch.uint8)


def planes(rows: Tensor, x: Tensor, y: Tensor, out: Tensor) -> Tensor:
    """``out`` (batch, H, W) set to a * x + b * y + c.

    Args:
        rows: a, b and c of each image, (batch, 3).
        x: of each column, (W,).
        y: of each row, (H,).
        out: float32; may be a view.
    """
    a, b, c = rows.float()[:, :, None].unbind(1)  # (batch, 1) each
    return torch.add((a * x)[:, None, :], (b * y + c)[:, :, None], out=out)


def no_places(images: Tensor) -> Tensor:
    """Uninitialised places of every pixel, (batch, H, W, 2) float32."""
    batch, _, height, width = images.shape
    return torch.empty(batch, height, width, 2, device=images.device)


def steps(count: int, first: float, device: torch.device) -> Tensor:
    """first, first + 1 and so on, (count,) float32."""
    return torch.arange(count, dtype=torch.float32, device=device) + first
