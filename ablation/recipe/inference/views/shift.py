"""Shift: the image moved a little to the left, right, up and down.

Changes     the prediction: four more views of each image, moved by some pixels; the edge is repeated into the gap.
Helps       small images, where a pixel matters, and networks whose strides make them sensitive to position.
Collides    objects that touch the edge: the shift cuts them.
Cost        four passes through the model.
Asked by    000_b6ad96d08f4dca3a.txt (test-time augmentation, +1-3 %, without saying which).
Source      Krizhevsky et al. 2012, who average predictions over five crops and their flips.
"""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from ablation.errors import UserError
from ablation.recipe.inference.views import ViewSettings


class Shift(ViewSettings):
    """The image moved in four directions."""

    name: Literal["shift"] = "shift"
    pixels: int | None = Field(None, ge=1)
    """Distance, pixels, >= 1 and less than the side; None is 1/16 of the side, but at least 1."""

    def views(self, images: Tensor) -> tuple[Tensor, ...]:
        height, width = images.shape[2:]
        by = max(1, min(height, width) // 16) if self.pixels is None else self.pixels
        if by >= min(height, width):
            raise UserError(
                f"a shift by {by} pixels leaves nothing of an image of {height} x {width}",
                place="inference.tta",
                remedy="give fewer pixels, or none for 1/16 of the side",
            )
        padded = F.pad(images, (by, by, by, by), mode="replicate")  # (batch, 3, H + 2 by, W + 2 by)
        corners = ((by, 0), (by, 2 * by), (0, by), (2 * by, by))
        return tuple(padded[:, :, top : top + height, left : left + width] for top, left in corners)
