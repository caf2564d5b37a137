"""Change of perspective: the corners of an image move inwards, independently of each other."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ablation.recipe.augment.batch.choice import some
from ablation.recipe.augment.batch.draws import whole
from ablation.recipe.augment.batch.sampling import no_places, planes, sampled, steps
from ablation.recipe.augment.batch.step import Step

OUTSIDE = 2.0
"""A place outside of any image."""


@dataclass(frozen=True)
class Perspective(Step):
    """Tilts each image with some probability, bilinear, as torchvision's ``RandomPerspective``.

    Args:
        distortion: largest shift of a corner along each axis, share of half the side, in [0, 1].
        probability: in [0, 1].
    """

    distortion: float
    probability: float

    @property
    def draws(self) -> int:
        return 9

    def parameters(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Whether an image is tilted, and the new places of its corners, (batch, 9)."""
        chosen = draws[:, :1] < (self.probability if min(height, width) > 1 else 0)  # one pixel has no corners
        return torch.cat([chosen, self.corners(draws[:, 1:], height, width).flatten(1)], dim=1)

    def changed(self, images: Tensor, parameters: Tensor) -> Tensor:
        return some(images, parameters[:, 0] > 0, tilted, parameters[:, 1:])

    def corners(self, draws: Tensor, height: int, width: int) -> Tensor:
        """The new places of the corners, (batch, 4, 2), x before y in pixels, clockwise from the top left."""
        reach = (int(self.distortion * (side // 2)) + 1 for side in (width, height))
        x, y = (whole(part, each) for part, each in zip(torch.split(draws, 4, dim=1), reach, strict=True))
        left, right = x[:, [0, 3]], width - 1 - x[:, [1, 2]]
        top, bottom = y[:, [0, 1]], height - 1 - y[:, [2, 3]]
        return torch.stack(
            [
                torch.stack([left[:, 0], right[:, 0], right[:, 1], left[:, 1]], dim=1),
                torch.stack([top[:, 0], top[:, 1], bottom[:, 0], bottom[:, 1]], dim=1),
            ],
            dim=2,
        )


def tilted(images: Tensor, corners: Tensor) -> Tensor:
    """Images (batch, 3, H, W) uint8 with their corner pixels moved to ``corners`` (batch, 8); outside is black."""
    height, width = images.shape[2:]
    rows = unwarping(corners.reshape(-1, 4, 2), height, width)
    x, y = (steps(side, 0.5, images.device) for side in (width, height))
    places = no_places(images)
    depth = planes(rows[:, 2], x, y, out=torch.empty_like(places[..., 0]))
    for axis, side in enumerate((width, height)):
        place = planes(rows[:, axis] * (2 / side), x, y, out=places[..., axis])
        place.div_(depth).sub_(1)
    places.nan_to_num_(nan=OUTSIDE, posinf=OUTSIDE, neginf=OUTSIDE)  # corners that coincide have no inverse
    return sampled(images, places, "bilinear")


def unwarping(corners: Tensor, height: int, width: int) -> Tensor:
    """The matrices (batch, 3, 3) that map moved corners (batch, 4, 2) back to those of the image.

    The closed form of the map from the unit square to a quadrangle (Heckbert 1989, Fundamentals of Texture Mapping),
    inverted by its adjugate and scaled to pixels.
    """
    x, y = corners.double().unbind(2)
    (x0, x1, x2, x3), (y0, y1, y2, y3) = x.unbind(1), y.unbind(1)
    sum_x, sum_y = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    right_x, right_y, below_x, below_y = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    area = right_x * below_y - below_x * right_y
    g, h = (sum_x * below_y - below_x * sum_y) / area, (right_x * sum_y - sum_x * right_y) / area
    a, b, c = x1 - x0 + g * x1, x3 - x0 + h * x3, x0
    d, e, f = y1 - y0 + g * y1, y3 - y0 + h * y3, y0
    across = torch.stack([e - f * h, c * h - b, b * f - c * e], dim=1) * (width - 1)
    down = torch.stack([f * g - d, a - c * g, c * d - a * f], dim=1) * (height - 1)
    depth = torch.stack([d * h - e * g, b * g - a * h, a * e - b * d], dim=1)
    return torch.stack([across, down, depth], dim=1) / depth[:, None, 2:]
