"""Brightness: the image in glaring light, or in the dark.

Changes     the test images: the value of each pixel (its greatest channel, the V of HSV) raised or lowered by the same
            amount and cut off at 0 and 1; hue and saturation stay.
Helps       to see whether a model trained without brightness jitter depends on the exposure.
Collides    training with brightness jitter as strong: it is then tested on what it knows.
Cost        another pass over the test images; 0.1 ms an image at 32 px, 0.4 ms at 224 px.
Asked by    002_111c0abedfd045f2.txt (robustness), 003_ecebd86cd390f469.txt (more robust to various image conditions).
Source      Hendrycks and Dietterich 2019, arXiv:1903.12261 (ImageNet-C), whose severities 1 to 5 are 0.1, 0.2, 0.3, 0.4
            and 0.5; the default is severity 3. torchvision's brightness multiplies instead, and leaves black black.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from ablation.recipe.corruption import CorruptionSettings


class Brightness(CorruptionSettings):
    """All values moved by one amount."""

    name: Literal["brightness"] = "brightness"
    amount: float = Field(0.3, ge=-1, le=1)
    """What is added to the value, in [-1, 1], as a share of the range from black to white; negative darkens."""

    def build(self) -> Callable[[Tensor], Tensor]:
        return self._lit

    def _lit(self, image: Tensor) -> Tensor:
        value = image.amax(0) / 255  # (H, W)
        lit = (value + self.amount).clamp(0, 1)
        # hue and saturation stay where all channels grow by one factor; black has neither and turns grey
        changed = torch.where(value > 0, image * (lit / value), 255 * lit)
        return changed.round().to(torch.uint8)
