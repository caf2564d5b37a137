"""Random erasing against torchvision's."""

from __future__ import annotations

import pytest
import torch
from batch_images import assert_alike, assert_near, drawn, parameters, uniform
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

from ablation.recipe.augment.batch.erasing import Erasing

ERASED = ("i", "j", "h", "w")
SIZES = [(32, 32), (10, 60)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("scale", "ratio"), [((0.02, 0.33), (0.3, 3.3)), ((0.5, 1.0), (0.1, 2.0))])
def test_erasing(size: tuple[int, int], scale: tuple[float, float], ratio: tuple[float, float]) -> None:
    found = parameters(Erasing(0.25, (0, 0, 0), scale, ratio), size)
    theirs = drawn(v2.RandomErasing(1, scale, ratio, value=[0, 0, 0]), size)
    assert found[:, 0].mean() == pytest.approx(0.25, abs=0.025)
    for column, name in enumerate(ERASED, start=1):
        # torchvision says "all of the image, with nothing" where no try fits
        assert_alike(found[:, column], [0 if each["v"] is None else each[name] for each in theirs])


def test_erased_pixels_are_torchvisions(images: Tensor) -> None:
    size = images.shape[2:]
    boxes, colour_ = Erasing(1, (9, 200, 7)).parameters(uniform(len(images), 23), *size), torch.tensor([9, 200, 7])
    theirs = [
        F.erase(image, *(int(side) for side in box), v=colour_[:, None, None])
        for image, box in zip(images, boxes[:, 1:], strict=True)
    ]
    assert_near(Erasing(1, (9, 200, 7)).changed(images, boxes), theirs)
