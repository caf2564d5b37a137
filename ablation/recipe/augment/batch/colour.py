"""Brightness, contrast, saturation, hue and sharpness.

Levels are whole numbers in 0..255 as float32, (batch, 3, H, W). The results are truncated to whole numbers, as in
torchvision on uint8; grey is weighted and rounded as in Pillow, so that a grey image keeps its levels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ablation.recipe.augment.batch.sampling import as_bytes

WHOLE = 255.999 / 255
"""Factor of torchvision before it truncates levels, so that whole numbers do not change."""


def brighter(images: Tensor, factors: Tensor) -> Tensor:
    """``adjust_brightness`` by each image's factor, (batch, 1) >= 0; images (batch, 3, H, W) uint8."""
    levels = images.float()
    return as_bytes(blended(levels, torch.zeros_like(levels[:, :1, :1, :1]), factors))


def contrasted(images: Tensor, factors: Tensor) -> Tensor:
    """``adjust_contrast`` by each image's factor, (batch, 1) >= 0; images (batch, 3, H, W) uint8."""
    levels = images.float()
    return as_bytes(blended(levels, mean_of(grey_of(levels)), factors))


def saturated(images: Tensor, factors: Tensor) -> Tensor:
    """``adjust_saturation`` by each image's factor, (batch, 1) >= 0; images (batch, 3, H, W) uint8."""
    levels = images.float()
    return as_bytes(blended(levels, grey_of(levels), factors))


def sharpened(images: Tensor, factors: Tensor) -> Tensor:
    """``adjust_sharpness`` by each image's factor, (batch, 1) >= 0; images (batch, 3, H, W) uint8, edges stay."""
    if min(images.shape[2:]) <= 2:
        return images
    levels = images.float()
    rows = levels[:, :, :-2] + levels[:, :, 1:-1] + levels[:, :, 2:]
    box = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]
    inner = levels[:, :, 1:-1, 1:-1]
    smooth = ((box + 4 * inner) / 13).round_()  # Pillow's kernel: 5 in the middle, 1 around it
    changed = images.clone()
    changed[:, :, 1:-1, 1:-1] = as_bytes(blended(inner, smooth, factors))
    return changed


def blended(levels: Tensor, other: Tensor, factors: Tensor) -> Tensor:
    """Interpolates from ``other`` (factor 0) to the image (factor 1), and beyond; ``other`` may have fewer pixels.

    Computed in Pillow's order of operations, so that equal levels or a factor of 1 change nothing.
    """
    ratio = factors.float().reshape(-1, 1, 1, 1)
    return (levels - other).mul_(ratio).add_(other).clamp_(0, 255).floor_()


def grey_of(levels: Tensor) -> Tensor:
    """Luminance of levels (batch, 3, H, W), rounded, (batch, 1, H, W)."""
    red, green, blue = torch.split(levels, 1, dim=1)
    return (red * 0.299).add_(green * 0.587).add_(blue * 0.114).round_()


def mean_of(grey: Tensor) -> Tensor:
    """Mean of each image's grey levels, rounded, (batch, 1, 1, 1); its sums are exact in any order."""
    height, width = grey.shape[2:]
    total = grey.sum(dim=3).sum(dim=2, dtype=torch.float64)  # a row's sum is a whole number that float32 holds
    return (total / (height * width) + 0.5).floor().float().reshape(-1, 1, 1, 1)


def hue_turned(levels: Tensor, turns: Tensor) -> Tensor:
    """``adjust_hue`` by each image's turns of the colour circle, (batch, 1) in [-0.5, 0.5].

    A channel is highest within a sixth of a turn of its own hue, lowest beyond a third of a turn, and linear in
    between: the same as HSV, without its six cases.
    """
    red, green, blue = torch.split(levels, 1, dim=1)
    value = red.maximum(green).maximum(blue)
    chroma = value - red.minimum(green).minimum(blue)
    hue = _hue_of(red, green, blue, value, chroma).add_(turns.float().reshape(-1, 1, 1, 1))
    channels = []
    for own in (0, 1 / 3, 2 / 3):
        away = hue - own
        away.sub_(away.round()).abs_()
        channels.append(value - away.mul_(6).sub_(1).clamp_(0, 1).mul_(chroma))
    return torch.cat(channels, dim=1).mul_(WHOLE).floor_().clamp_(0, 255)


def _hue_of(red: Tensor, green: Tensor, blue: Tensor, value: Tensor, chroma: Tensor) -> Tensor:
    """Hue in turns of the colour circle, starting at red; 0 for grey."""
    after_green, after_blue = (blue - red).add_(chroma, alpha=2), (red - green).add_(chroma, alpha=4)
    is_red, is_green = (1 + (channel - value).clamp_(min=-1) for channel in (red, green))  # whole numbers: 0 or 1
    sixths = after_blue.lerp_(after_green, is_green).lerp_(green - blue, is_red)
    return sixths.div_(chroma.clamp_min(1) * 6)
