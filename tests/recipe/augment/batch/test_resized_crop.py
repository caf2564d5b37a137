"""Random resized crop against torchvision's."""

from __future__ import annotations

import pytest
import torch
from batch_images import assert_alike, assert_near, drawn, parameters, uniform
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

from ablation.recipe.augment.batch.resized_crop import ResizedCrop, cropped

CROPPED = ("top", "left", "height", "width")
SIZES = [(32, 32), (10, 60)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", [(0.08, 1.0), (0.9, 1.0)])
def test_resized_crop(size: tuple[int, int], scale: tuple[float, float]) -> None:
    found, theirs = parameters(ResizedCrop(scale), size), drawn(v2.RandomResizedCrop(size, scale), size)
    for column, name in enumerate(CROPPED):
        assert_alike(found[:, column], [each[name] for each in theirs])


def test_cropped_pixels_are_torchvisions(images: Tensor) -> None:
    size = tuple(images.shape[2:])
    boxes = ResizedCrop((0.08, 1)).parameters(uniform(len(images), 22), *size)
    boxes[0], boxes[1] = torch.tensor([0, 0, *size]), torch.tensor([size[0] - 1, 0, 1, 1])
    whole = [[int(side) for side in box] for box in boxes]
    exact = [
        F.resized_crop(image.float(), *box, size=size).round().byte() for image, box in zip(images, whole, strict=True)
    ]
    assert_near(cropped(images, boxes), exact, equal=0.98, levels=1)  # places between two pixels make many halves
    # on uint8 torchvision rounds after each of two directions
    theirs = [F.resized_crop(image, *box, size=size) for image, box in zip(images, whole, strict=True)]
    assert_near(cropped(images, boxes), theirs, equal=0.75, levels=1)
    assert torch.equal(cropped(images, boxes)[0], images[0])
