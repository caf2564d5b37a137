"""Crop and flip: random resized crop and flip alone, the usual baseline on ImageNet.

Changes     each training image: a random part of it, 8 to 100 % of its area and 3:4 to 4:3 in shape, resized to the
            image's size; a left-right flip; with ``erasing`` a rectangle of the mean colour.
Helps       photographs whose object fills much of the image; the rung below any policy, which comes with the same crop.
Collides    classes that a small part cannot tell or a flip turns into others (digits, text, defects at the edge): set
            ``crop_scale`` to [0.5, 1.0] or null and ``hflip`` to 0.
Cost        about 0.03 ms an image at 32 px, 0.07 ms at 64 px and 0.9 ms at 224 px on one core: 36,000, 14,000 and 1,200
            images a second, 12, 5.7 and 1.6 times what torchvision does to one Pillow image, measured side by side.
Asked by    no document; the ladder of torchvision's recipe starts here.
Source      torchvision's references/classification; crop: Szegedy et al. 2014, arXiv:1409.4842; erasing: Zhong et al.
            2017, arXiv:1708.04896.
"""

from __future__ import annotations

from typing import Literal

from ablation.recipe.augment import Frame
from ablation.recipe.augment.batch.step import Step
from ablation.recipe.augment.crop_flip_erase import CropFlipErase


class CropFlip(CropFlipErase):
    """Random resized crop and flip."""

    name: Literal["crop_flip"] = "crop_flip"

    def _policy(self, frame: Frame) -> list[Step]:
        return []
