"""CutMix: a rectangle of each image is replaced by that of another, and the target by its share of the area.

Changes     the batch: a rectangle, drawn once a batch with an area of about 1 - lam, lam from Beta(alpha, alpha), is
            pasted from another image; the target is mixed by the area that was really pasted.
Helps       long trainings that overfit, where objects fill the image; with few epochs it slows learning.
Collides    label smoothing (both soften targets), focal loss (soft targets keep p from 1), random erasing (both hide
            parts), mixup (use ``mixup_or_cutmix``). Classes that differ in a small detail: the rectangle may miss it.
Cost        none that can be measured.
Asked by    000_b6ad96d08f4dca3a.txt (its enhanced pipeline), 003_ecebd86cd390f469.txt (alpha 1, +3-6 %).
Source      Yun et al. 2019, arXiv:1905.04899; torchvision.transforms.v2.CutMix.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torchvision.transforms import v2

from ablation.recipe.mix import Mix, MixSettings, Share


class CutMix(MixSettings):
    """Rectangles of another image."""

    name: Literal["cutmix"] = "cutmix"
    alpha: float = Field(1.0, gt=0)
    """Both parameters of the Beta distribution, > 0; 1 makes every area as likely (the paper's value)."""
    probability: Share = 1.0
    """Share of the batches that are mixed, in (0, 1]."""

    def build(self, classes: int) -> Mix:
        mix: Mix = v2.RandomApply([v2.CutMix(alpha=self.alpha, num_classes=classes)], self.probability)
        return mix
