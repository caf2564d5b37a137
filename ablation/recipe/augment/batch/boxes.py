"""Rectangles of random area and shape inside an image, to be cropped out or erased."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from ablation.recipe.augment.batch.draws import between, whole

TRIES = 10
"""Number of tries for an area and a shape that fit, as in torchvision."""

DRAWS = 2 * TRIES + 2
"""Number of uniform numbers per rectangle: all tries are drawn, and the first that fits is used."""

Box: TypeAlias = tuple[int, int, int, int]
"""Top, left, height and width, pixels."""


@dataclass(frozen=True)
class Boxes:
    """The distribution of random rectangles.

    Args:
        scale: least and largest area, share of the image.
        ratio: least and largest width over height; its logarithm is uniform.
        least, most: smallest and largest allowed height and width, pixels.
        otherwise: the rectangle if no try fits.
    """

    height: int
    width: int
    scale: tuple[float, float]
    ratio: tuple[float, float]
    least: tuple[int, int]
    most: tuple[int, int]
    otherwise: Box

    def drawn(self, draws: Tensor) -> Tensor:
        """Top, left, height and width of each image's rectangle, (batch, 4) float64, of draws (batch, ``DRAWS``)."""
        area = between(draws[:, :TRIES], *self.scale) * (self.height * self.width)
        ratio = between(draws[:, TRIES : 2 * TRIES], *map(math.log, self.ratio)).exp()
        heights, widths = (area / ratio).sqrt().round(), (area * ratio).sqrt().round()  # (batch, tries)
        fits = (heights >= self.least[0]) & (heights <= self.most[0])
        fits &= (widths >= self.least[1]) & (widths <= self.most[1])
        first = fits.byte().argmax(dim=1, keepdim=True)
        height, width = heights.gather(1, first).squeeze(1), widths.gather(1, first).squeeze(1)
        top, left = whole(draws[:, -2], self.height - height + 1), whole(draws[:, -1], self.width - width + 1)
        found = torch.stack([top, left, height, width], dim=1)
        none = torch.stack([torch.full_like(top, side) for side in self.otherwise], dim=1)
        return torch.where(fits.any(dim=1, keepdim=True), found, none)
