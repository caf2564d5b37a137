"""RandAugment: n random changes of one common strength m for each image.

Changes     each training image: random resized crop, flip, then n of 14 changes (shear, shift, rotation, brightness,
            colour, contrast, sharpness, posterising, solarising, equalising, none) at strength m; with ``erasing`` a
            rectangle.
Helps       longer trainings and larger models: n and m are two numbers to tune, m larger for larger models and data.
Collides    few epochs and small models, which it slows; classes that a shear or a colour tells apart. ``crop_flip`` is
            the rung below.
Cost        about 0.11 ms an image at 32 px, 0.24 ms at 64 px and 1.8 ms at 224 px on one core: 9,500, 4,200 and 560
            images a second, 5.5, 3.0 and 1.4 times what torchvision does to one Pillow image, measured side by side.
Asked by    003_ecebd86cd390f469.txt (N=2, M=9; +4-8 %), whose snippet however is ``oneof_groups``.
Source      Cubuk et al. 2019, arXiv:1909.13719; torchvision.transforms.v2. Bilinear, what moves in from outside is
            black, as in torchvision's references/classification.

The scale of ``m`` is the paper's: 0 to 10, where 10 is the largest change (rotation 30 degrees, shear 0.3, shift
150/331 of the side, factors 0.1 to 1.9, 4 bits, solarising at 0). torchvision counts in ``num_magnitude_bins`` steps
from 0; 11 steps are this scale exactly. Its own default, magnitude 9 of 31 steps, is 9/30 of the largest change and so
``m: 3`` here; what the paper and document 003 call 9 is three times as strong.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ablation.recipe.augment import Frame
from ablation.recipe.augment.batch.policy import RandPolicy
from ablation.recipe.augment.batch.step import Step
from ablation.recipe.augment.crop_flip_erase import CropFlipErase

STEPS = 11
"""Of the paper's scale, from 0 to 10."""


class RandAugment(CropFlipErase):
    """RandAugment in the paper's scale."""

    name: Literal["randaugment"] = "randaugment"
    n: int = Field(2, ge=1, le=14)
    """Number of changes of each image, in 1..14; the paper's choice for ResNet-50 on ImageNet is 2."""
    m: int = Field(9, ge=0, le=STEPS - 1)
    """Strength of every change, in 0..10, 10 the largest; the paper's choice for ResNet-50 on ImageNet is 9."""

    def _policy(self, frame: Frame) -> list[Step]:
        return [RandPolicy(self.n, self.m, STEPS, frame.image_size, "bilinear")]
