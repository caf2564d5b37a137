"""Changes of the levels of single channels: posterising, solarising, stretching, equalising, inverting.

Images are (batch, 3, H, W) uint8; parameters (batch, 1). Each equals torchvision's functional exactly.
"""

from __future__ import annotations

import torch
from torch import Tensor


def posterized(images: Tensor, bits: Tensor) -> Tensor:
    """The highest 0 to 8 bits of each level; fractions of a bit are truncated."""
    kept = (255 << (8 - bits.long())) & 255
    return images & kept.to(torch.uint8).reshape(-1, 1, 1, 1)


def solarized(images: Tensor, shares: Tensor) -> Tensor:
    """Levels, inverted where they are at least a share of 255."""
    least = (shares.double() * 255).float().ceil().to(torch.uint8).reshape(-1, 1, 1, 1)
    return images ^ (images >= least).view(torch.uint8).neg()  # 255 where inverted, else 0


def inverted(images: Tensor, _: Tensor) -> Tensor:
    """Negatives."""
    return ~images


def stretched(images: Tensor, _: Tensor) -> Tensor:
    """``autocontrast``: each channel's levels spread over 0 to 255; a channel of one level stays."""
    levels = images.flatten(2).float()
    least, most = levels.amin(dim=2, keepdim=True), levels.amax(dim=2, keepdim=True)
    flat = least == most
    step = torch.where(flat, 1.0, (most - least) * (1 / 255))
    return (levels - least * ~flat).div_(step).clamp_(0, 255).to(torch.uint8).reshape(images.shape)


def equalized(images: Tensor, _: Tensor) -> Tensor:
    """``equalize``: each channel's levels made equally frequent, in Pillow's integer arithmetic."""
    levels = images.flatten(2).long()
    counts = levels.new_zeros(*levels.shape[:2], 256).scatter_add_(
        2, levels, torch.ones_like(levels[..., :1]).expand_as(levels)
    )
    up_to = counts.cumsum(dim=2)
    step = (levels.shape[2] - counts.gather(2, levels.amax(dim=2, keepdim=True))) // 255
    table = (up_to - counts + step // 2) // step.clamp_min(1)
    table = torch.where(step == 0, torch.arange(256, device=images.device), table.clamp_max_(255))
    return table.to(torch.uint8).gather(2, levels).reshape(images.shape)
