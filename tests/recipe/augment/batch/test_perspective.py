"""Perspective against torchvision's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from batch_images import assert_near, parameters, pictures, uniform
from torchvision.transforms.v2 import functional as F

from ablation.recipe.augment.batch.perspective import Perspective, tilted

COUNT = 16
LARGE = pytest.param((224, 224), marks=pytest.mark.slow)

SIZES = [(32, 32), (10, 60)]


@pytest.mark.parametrize("size", SIZES)
def test_perspective(size: tuple[int, int]) -> None:
    step, (height, width) = Perspective(0.3, 0.4), size
    found = parameters(step, size)
    assert found[:, 0].mean() == pytest.approx(0.4, abs=0.025)
    corners = found[:, 1:].reshape(-1, 4, 2)
    reach = int(0.3 * (width // 2)) + 1, int(0.3 * (height // 2)) + 1  # torchvision's bounds, written out
    for corner, (right, below) in enumerate([(0, 0), (1, 0), (1, 1), (0, 1)]):
        for axis, (far, side) in enumerate([(right, width), (below, height)]):
            inwards = side - 1 - corners[:, corner, axis] if far else corners[:, corner, axis]
            counts = np.bincount(inwards.astype(int), minlength=reach[axis])
            assert len(counts) == reach[axis]
            np.testing.assert_allclose(counts / len(found), 1 / reach[axis], atol=0.025)


@pytest.mark.parametrize("size", [(32, 32), (24, 17), (2, 9), LARGE], ids=str)
@pytest.mark.parametrize("distortion", [0.2, 0.5])
def test_tilted_pixels_are_torchvisions(size: tuple[int, int], distortion: float) -> None:
    images, (height, width) = pictures(COUNT, *size), size
    corners = Perspective(distortion, 1).corners(uniform(COUNT, 8), *size)
    start = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
    theirs = [F.perspective(image, start, end.long().tolist()) for image, end in zip(images, corners, strict=True)]
    assert_near(tilted(images, corners.flatten(1)), theirs, equal=0.995, levels=1)


@pytest.mark.parametrize("distortion", [0.0, 1.0])
def test_perspective_of_no_strength_keeps_images_and_of_full_strength_stays_in_bounds(distortion: float) -> None:
    images, step = pictures(64, 12, 12), Perspective(distortion, 1)
    changed = step(images, uniform(64, step.draws))
    assert torch.equal(changed, images) is (distortion == 0)
    assert changed.shape == images.shape
