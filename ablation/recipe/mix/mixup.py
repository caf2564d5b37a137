"""MixUp: each image is blended with another, and so is its target.

Changes     the batch: image and target become lam * own + (1 - lam) * other's, lam drawn once a batch from
            Beta(alpha, alpha).
Helps       long trainings that overfit; calibration. With few epochs it slows learning.
Collides    label smoothing (both soften targets), focal loss (soft targets keep p from 1), cutmix (use
            ``mixup_or_cutmix``). Accuracy on training images means little: their targets are mixed.
Cost        none that can be measured.
Asked by    000_b6ad96d08f4dca3a.txt (in both its pipelines), 002_111c0abedfd045f2.txt (alpha 0.2-0.3),
            003_ecebd86cd390f469.txt (alpha 0.2, +2-5 %).
Source      Zhang et al. 2017, arXiv:1710.09412; torchvision.transforms.v2.MixUp.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torchvision.transforms import v2

from ablation.recipe.mix import Mix, MixSettings, Share


class MixUp(MixSettings):
    """Blends of two images."""

    name: Literal["mixup"] = "mixup"
    alpha: float = Field(0.2, gt=0)
    """Both parameters of the Beta distribution, > 0; the larger, the more even the blend (document 003: 0.2)."""
    probability: Share = 1.0
    """Share of the batches that are mixed, in (0, 1]."""

    def build(self, classes: int) -> Mix:
        mix: Mix = v2.RandomApply([v2.MixUp(alpha=self.alpha, num_classes=classes)], self.probability)
        return mix
