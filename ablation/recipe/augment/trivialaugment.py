"""TrivialAugment: one random change of random strength for each image, nothing to tune.

Changes     each training image: random resized crop, flip, then one of 14 changes at a strength drawn anew, up to
            rotations of 135 degrees and shears of 45; with ``erasing`` a rectangle.
Helps       where there is no budget to tune RandAugment; torchvision's new recipe for ResNet-50 uses it.
Collides    classes that a strong rotation or shear turns into others (digits, text); few epochs; small images, since
            its shifts of up to 32 pixels do not shrink with them. ``crop_flip`` is the rung below.
Cost        about 0.06 ms an image at 32 px, 0.15 ms at 64 px and 1.3 ms at 224 px on one core: 16,000, 6,700 and 780
            images a second, 7.4, 3.8 and 1.5 times what torchvision does to one Pillow image, measured side by side.
Asked by    no document; torchvision's new recipe for ResNet-50.
Source      Mueller and Hutter 2021, arXiv:2103.10158, its wide ranges; torchvision.transforms.v2. Bilinear, what moves
            in from outside is black, as in torchvision's references/classification.
"""

from __future__ import annotations

from typing import Literal

from ablation.recipe.augment import Frame
from ablation.recipe.augment.batch.policy import TrivialPolicy
from ablation.recipe.augment.batch.step import Step
from ablation.recipe.augment.crop_flip_erase import CropFlipErase


class TrivialAugment(CropFlipErase):
    """TrivialAugment's wide ranges."""

    name: Literal["trivialaugment"] = "trivialaugment"

    def _policy(self, frame: Frame) -> list[Step]:
        return [TrivialPolicy(frame.image_size, "bilinear")]
