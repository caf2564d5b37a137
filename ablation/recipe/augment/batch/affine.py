"""Rotation, shift, zoom and shear: each pixel of the result is read at the place that the inverse matrix gives."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ablation.recipe.augment.batch.draws import between
from ablation.recipe.augment.batch.sampling import Interpolation, no_places, planes, sampled, steps
from ablation.recipe.augment.batch.step import Step


def moved(images: Tensor, inverse: Tensor, interpolation: Interpolation) -> Tensor:
    """Images whose pixel at (x, y) was at (a x + b y + c, d x + e y + f), both measured from the centre.

    Shapes: images (batch, 3, H, W) uint8; inverse (batch, 6), a to f. Pixels from outside of an image are black.
    """
    height, width = images.shape[2:]
    x, y = (steps(side, 0.5 - 0.5 * side, images.device) for side in (width, height))
    places = no_places(images)
    planes(inverse[:, :3] * (2 / width), x, y, out=places[..., 0])
    planes(inverse[:, 3:] * (2 / height), x, y, out=places[..., 1])
    return sampled(images, places, interpolation)


def turning(angle: Tensor) -> Tensor:
    """Inverse matrices (batch, 6) of counter-clockwise rotations around the centre by angles (batch,) in degrees."""
    cos, sin, zero = (angle * (math.pi / 180)).cos(), (angle * (math.pi / 180)).sin(), torch.zeros_like(angle)
    return torch.stack([cos, -sin, zero, sin, cos, zero], dim=1)


def shifting(right: Tensor, down: Tensor, zoom: Tensor) -> Tensor:
    """Inverse matrices (batch, 6) of zooms around the centre, then shifts by pixels; each (batch,)."""
    zero = torch.zeros_like(zoom)
    return torch.stack([1 / zoom, zero, -right / zoom, zero, 1 / zoom, -down / zoom], dim=1)


@dataclass(frozen=True)
class Rotation(Step):
    """Rotates each image by at most ``degrees`` to either side, as torchvision's ``RandomRotation``."""

    degrees: float
    interpolation: Interpolation

    @property
    def draws(self) -> int:
        return 1

    def parameters(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Inverse matrices, (batch, 6)."""
        return turning(between(draws[:, 0], -self.degrees, self.degrees))

    def changed(self, images: Tensor, parameters: Tensor) -> Tensor:
        return moved(images, parameters, self.interpolation)


@dataclass(frozen=True)
class ShiftZoom(Step):
    """Shifts each image by whole pixels and zooms it, as torchvision's ``RandomAffine`` without rotation and shear.

    Args:
        translate: largest shift in each direction, share of the side, in [0, 1].
        scale: least and largest zoom, > 0.
    """

    translate: float
    scale: tuple[float, float]
    interpolation: Interpolation

    @property
    def draws(self) -> int:
        return 3

    def parameters(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Inverse matrices, (batch, 6)."""
        right, down = (
            between(draws[:, column], -self.translate * side, self.translate * side).round()
            for column, side in enumerate((width, height))
        )
        return shifting(right, down, between(draws[:, 2], *self.scale))

    def changed(self, images: Tensor, parameters: Tensor) -> Tensor:
        return moved(images, parameters, self.interpolation)
