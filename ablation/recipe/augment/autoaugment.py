"""AutoAugment: one of 25 learnt pairs of changes for each image.

Changes     each training image: random resized crop, flip, then one of the 25 pairs of a policy learnt on ImageNet,
            CIFAR-10 or SVHN, each change with its own probability and strength; with ``erasing`` a rectangle.
Helps       long trainings on photographs; with few epochs it slows learning more than it helps.
Collides    data unlike the set whose policy it is. The svhn policy inverts colours; all three shear, rotate or shift.
            With a baseline of jitter, colours change twice. ``crop_flip`` is the rung below.
Cost        about 0.09 ms an image at 32 px, 0.20 ms at 64 px and 1.4 ms at 224 px on one core: 11,000, 5,000 and 710
            images a second, 6.5, 3.4 and 1.4 times what torchvision does to one Pillow image, measured side by side.
Asked by    000_b6ad96d08f4dca3a.txt (in its step ``Enhanced Data Augmentation``; here also within ``enhanced``).
Source      Cubuk et al. 2018, arXiv:1805.09501; torchvision.transforms.v2. Bilinear, what moves in from outside is
            black, as in torchvision's references/classification.
"""

from __future__ import annotations

from typing import Literal

from torchvision.transforms import AutoAugmentPolicy

from ablation.recipe.augment import Frame
from ablation.recipe.augment.batch.policy import PairsPolicy
from ablation.recipe.augment.batch.step import Step
from ablation.recipe.augment.crop_flip_erase import CropFlipErase


class AutoAugment(CropFlipErase):
    """AutoAugment's learnt policies."""

    name: Literal["autoaugment"] = "autoaugment"
    policy: Literal["imagenet", "cifar10", "svhn"] = "imagenet"
    """The data set whose learnt policy is drawn from; torchvision's default is imagenet."""

    def _policy(self, frame: Frame) -> list[Step]:
        return [PairsPolicy(AutoAugmentPolicy(self.policy), frame.image_size, "bilinear")]
