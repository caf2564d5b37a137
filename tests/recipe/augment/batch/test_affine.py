"""Rotation, shift and zoom against torchvision's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from batch_images import assert_alike, assert_near, drawn, nearly, parameters, spread, uniform
from torch import Tensor
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional as F

from ablation.recipe.augment.batch.affine import Rotation, ShiftZoom, moved, shifting, turning
from ablation.recipe.augment.batch.sampling import Interpolation

MODES: list[Interpolation] = ["nearest", "bilinear"]

SIZES = [(32, 32), (10, 60)]


def test_rotation() -> None:
    matrices = torch.from_numpy(parameters(Rotation(15, "nearest")))
    angles = torch.atan2(matrices[:, 3], matrices[:, 0]).rad2deg()
    torch.testing.assert_close(turning(angles), matrices)
    assert_alike(angles.numpy(), [each["angle"] for each in drawn(v2.RandomRotation(15))])


@pytest.mark.parametrize("size", SIZES)
def test_shift_and_zoom(size: tuple[int, int]) -> None:
    found = parameters(ShiftZoom(0.1, (0.9, 1.1), "nearest"), size)
    theirs = drawn(v2.RandomAffine(0, (0.1, 0.1), (0.9, 1.1)), size)
    zoom = 1 / found[:, 0]
    assert_alike(zoom, [each["scale"] for each in theirs])
    for axis, column in enumerate((2, 5)):
        pixels = -found[:, column] * zoom
        np.testing.assert_allclose(pixels, pixels.round(), atol=1e-9)
        assert_alike(pixels.round(), [each["translate"][axis] for each in theirs])


@pytest.mark.parametrize("interpolation", MODES)
def test_rotated_pixels_are_torchvisions(images: Tensor, interpolation: Interpolation) -> None:
    angles = spread(images, -135, 134)
    theirs = [
        F.rotate(image, angle, InterpolationMode(interpolation))
        for image, angle in zip(images, angles.tolist(), strict=True)
    ]
    assert_near(moved(images, turning(angles), interpolation), theirs, **nearly(interpolation))


@pytest.mark.parametrize("interpolation", MODES)
def test_shifted_and_zoomed_pixels_are_torchvisions(images: Tensor, interpolation: Interpolation) -> None:
    right, down, zoom = spread(images, -5, 7).round(), spread(images, 3, -4).round(), 0.8 + uniform(len(images)) / 2
    theirs = [
        F.affine(image, 0, [x, y], scale, [0, 0], InterpolationMode(interpolation))
        for image, x, y, scale in zip(images, right.tolist(), down.tolist(), zoom.tolist(), strict=True)
    ]
    assert_near(moved(images, shifting(right, down, zoom), interpolation), theirs, **nearly(interpolation))
