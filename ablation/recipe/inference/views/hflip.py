"""Horizontal flip: left and right exchanged.

Changes     the prediction: one more view of each image, in which left and right are exchanged.
Helps       photographs of things without a left and a right.
Collides    classes that a flip turns into others (digits, text); a model trained without flips.
Cost        one pass through the model.
Asked by    000_b6ad96d08f4dca3a.txt (test-time augmentation, +1-3 %), 002_111c0abedfd045f2.txt (flips).
Source      Krizhevsky et al. 2012, who average predictions over flips and crops.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from ablation.recipe.inference.views import ViewSettings


class HorizontalFlip(ViewSettings):
    """The mirrored image."""

    name: Literal["hflip"] = "hflip"

    def views(self, images: Tensor) -> tuple[Tensor, ...]:
        return (images.flip(3),)  # along the width
