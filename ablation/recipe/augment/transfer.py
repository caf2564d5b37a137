"""Transfer augmentation: document 001's flips, rotation, light, noise, blur and dropout.

Changes     each training image, each step with probability 0.5: left-right and top-bottom flip, rotation by up to 20
            degrees, brightness and contrast, Gaussian noise, Gaussian blur, eight small black squares.
Helps       fine-tuning of pretrained models on small sets of photographs.
Collides    classes that a flip turns into others; upright subjects such as faces, which are never upside down in use:
            the same list without ``VerticalFlip`` is an ``albumentations``.
Cost        about 0.5 ms an image at 64 px and 1.3 ms at 224 px on one core: 1,900 and 770 images a second.
Asked by    001_b04657de1b61805f.txt (+3-5 %).
Source      Albumentations 2.0.8.

The document names the steps and one number, the 20 degrees. Everything else is the default of the library's version
1.3, which its names belong to, said in today's:

- ``Rotate(limit=20)`` with reflected edges; ``RandomBrightnessContrast`` 0.2 and 0.2;
- ``GaussNoise(var_limit=(10, 50))`` as std_range (0.0124, 0.0277), sqrt(10)/255 to sqrt(50)/255; the old drew variances
  evenly, today's draws standard deviations and cuts the noise off to whole numbers, which weakens it by a tenth;
- ``GaussianBlur(blur_limit=(3, 7))`` as one of the kernels 3, 5, 7 with OpenCV's sigma for each, 0.8, 1.1, 1.4;
- ``CoarseDropout(max_holes=8, max_height=8, max_width=8)``, without minima exactly that, as eight squares of 8 pixels
  at 224, in proportion at other sizes.

Kernels do not shrink with the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from ablation.recipe.augment.pipeline import Listed
from ablation.recipe.augment.translated import REFLECT, coarse_dropout, gauss_noise, gaussian_blur


class Transfer(Listed):
    """Document 001's pipeline."""

    name: Literal["transfer"] = "transfer"

    def steps(self, image_size: int) -> Sequence[Any]:
        return (
            "HorizontalFlip",
            "VerticalFlip",
            {"Rotate": {"limit": 20, "border_mode": REFLECT}},
            {"RandomBrightnessContrast": {"brightness_limit": 0.2, "contrast_limit": 0.2}},
            gauss_noise(),
            gaussian_blur(3, 5, 7),
            coarse_dropout(holes=8, side=8, image_size=image_size),
        )
