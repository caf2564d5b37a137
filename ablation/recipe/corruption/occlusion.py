"""Occlusion: something stands before the object.

Changes     the test images: a grey square of a given share of the area, somewhere wholly inside the image.
Helps       to see whether a model knows the whole object or one part of it; what CutMix and erasing promise to mend.
Collides    small objects: the square may hide all there is, and then no model can be right.
Cost        another pass over the test images; next to nothing an image.
Asked by    003_ecebd86cd390f469.txt (improved robustness to occlusion), 002_111c0abedfd045f2.txt (coarse dropout for
            robustness).
Source      Zeiler and Fergus 2013, arXiv:1311.2901 (a grey square); its size: DeVries and Taylor 2017,
            arXiv:1708.04552 (16 of 32 pixels, a quarter of the area). ImageNet-C has no occlusion, hence no severity.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor
from torchvision.transforms.v2 import functional

from ablation.recipe.corruption import CorruptionSettings

GREY = torch.tensor(128, dtype=torch.uint8)


class Occlusion(CorruptionSettings):
    """A grey square at a place drawn anew for each image."""

    name: Literal["occlusion"] = "occlusion"
    share: float = Field(0.25, gt=0, le=1)
    """Share of the area that is hidden, in (0, 1], to a whole number of pixels of side, at least 1, at most the
    shorter side."""

    def build(self) -> Callable[[Tensor], Tensor]:
        return self._occluded

    def _occluded(self, image: Tensor) -> Tensor:
        height, width = image.shape[1:]
        side = min(max(1, round(math.sqrt(self.share * height * width))), height, width)
        top, left = (int(torch.randint(length - side + 1, ())) for length in (height, width))
        occluded: Tensor = functional.erase(image, top, left, side, side, GREY)
        return occluded
