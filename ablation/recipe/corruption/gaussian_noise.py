"""Gaussian noise: each value of each pixel off by its own draw, as a sensor's is in poor light.

Changes     the test images: independent normal noise on every channel of every pixel, cut off at black and white.
Helps       to see whether dropout, noise in training or averaging make a model robust, on images it never saw.
Collides    nothing; a model trained on such noise is tested on what it knows.
Cost        another pass over the test images; 0.1 ms an image at 32 px, 1 ms at 224 px.
Asked by    002_111c0abedfd045f2.txt (robustness), 003_ecebd86cd390f469.txt (more robust to various image conditions).
Source      Hendrycks and Dietterich 2019, arXiv:1903.12261 (ImageNet-C), whose severities 1 to 5 are 0.08, 0.12, 0.18,
            0.26 and 0.38; the default is severity 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor
from torchvision.transforms.v2 import functional

from ablation.recipe.corruption import CorruptionSettings


class GaussianNoise(CorruptionSettings):
    """Normal noise."""

    name: Literal["gaussian_noise"] = "gaussian_noise"
    std: float = Field(0.18, gt=0, le=1)
    """Standard deviation of the noise before it is cut off, in (0, 1], as a share of the range from black to white."""

    def build(self) -> Callable[[Tensor], Tensor]:
        return self._noisy

    def _noisy(self, image: Tensor) -> Tensor:
        # torchvision's noise on bytes is cut towards 0; on floats it is whole, and rounded here
        noisy: Tensor = functional.gaussian_noise(image / 255, sigma=self.std)
        return (noisy * 255).round().to(torch.uint8)
