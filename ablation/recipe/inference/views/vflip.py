"""Vertical flip: top and bottom exchanged.

Changes     the prediction: one more view of each image, in which top and bottom are exchanged.
Helps       images without an up and a down: seen from above, through a microscope, on a conveyor.
Collides    photographs with an up and a down; a model trained without vertical flips.
Cost        one pass through the model.
Asked by    002_111c0abedfd045f2.txt (horizontal and vertical flips).
Source      as for the horizontal flip: Krizhevsky et al. 2012, who average predictions over flips and crops.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from ablation.recipe.inference.views import ViewSettings


class VerticalFlip(ViewSettings):
    """The mirrored image."""

    name: Literal["vflip"] = "vflip"

    def views(self, images: Tensor) -> tuple[Tensor, ...]:
        return (images.flip(2),)  # along the height
