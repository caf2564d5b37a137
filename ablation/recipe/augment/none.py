"""No augmentation: each image as it is.

Changes     nothing; this is the default.
Helps       as the rung below any augmentation, and where orientation, position and colour carry the class.
Collides    nothing.
Cost        none.
Asked by    no document; all five augment.
Source      none.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from ablation.recipe.augment import AugmentSettings, Frame, PerImage


class NoAugment(AugmentSettings):
    """Images as they are."""

    name: Literal["none"] = "none"

    @property
    def changes_nothing(self) -> bool:
        return True

    def build(self, frame: Frame) -> PerImage:
        return _unchanged


def _unchanged(image: Tensor) -> Tensor:
    return image
