"""Random resized crop."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ablation.recipe.augment.batch.boxes import DRAWS, Box, Boxes
from ablation.recipe.augment.batch.sampling import no_places, sampled, steps
from ablation.recipe.augment.batch.step import Step

RATIO = (3 / 4, 4 / 3)
"""Least and largest width over height of a crop, as in torchvision."""


@dataclass(frozen=True)
class ResizedCrop(Step):
    """Crops a part of each image and resizes it to the image's size, bilinear, as ``RandomResizedCrop``.

    Args:
        scale: least and largest area of the part, share of the image, in (0, 1].
    """

    scale: tuple[float, float]

    @property
    def draws(self) -> int:
        return DRAWS

    def parameters(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Top, left, height and width of the part, (batch, 4)."""
        sides = (height, width)
        return Boxes(height, width, self.scale, RATIO, (1, 1), sides, _in_the_middle(height, width)).drawn(draws)

    def changed(self, images: Tensor, parameters: Tensor) -> Tensor:
        return cropped(images, parameters)


def _in_the_middle(height: int, width: int) -> Box:
    """The largest centred part of an allowed shape."""
    least, most = RATIO
    inner_height = min(height, round(width / least))
    inner_width = min(width, round(height * most))
    return (height - inner_height) // 2, (width - inner_width) // 2, inner_height, inner_width


def cropped(images: Tensor, boxes: Tensor) -> Tensor:
    """The parts in ``boxes`` (batch, 4), top, left, height and width in pixels, resized to the size of the images."""
    height, width = images.shape[2:]
    top, left, inner_height, inner_width = boxes[:, :, None].unbind(1)
    places = no_places(images)
    places[..., 0] = _read(left, inner_width, width, images.device)[:, None, :]
    places[..., 1] = _read(top, inner_height, height, images.device)[:, :, None]
    return sampled(images, places, "bilinear")


def _read(start: Tensor, inner: Tensor, side: int, device: torch.device) -> Tensor:
    """Where each pixel along a side is read, (batch, side): spread evenly over the part, within its outer pixels."""
    step = inner / side
    inside = ((steps(side, 0.5, device) * step).maximum(torch.full_like(step, 0.5))).minimum(inner - 0.5)
    return ((start + inside) * (2 / side) - 1).float()
