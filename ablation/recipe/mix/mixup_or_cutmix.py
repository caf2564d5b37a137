"""MixUp or CutMix: one of the two for each batch.

Changes     the batch, as ``mixup`` or as ``cutmix`` does; which of them is drawn for each batch.
Helps       long trainings that overfit; with few epochs it slows learning.
Collides    label smoothing (all soften targets), focal loss (soft targets keep p from 1).
Cost        none that can be measured.
Asked by    000_b6ad96d08f4dca3a.txt (its enhanced pipeline; part of +2-4 % for augmentation),
            003_ecebd86cd390f469.txt (both on).
Source      Zhang et al. 2017, arXiv:1710.09412; Yun et al. 2019, arXiv:1905.04899; the choice for each batch as in
            torchvision's training references.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torchvision.transforms import v2

from ablation.recipe.mix import Mix, MixSettings, Share


class MixUpOrCutMix(MixSettings):
    """One of the two for each batch."""

    name: Literal["mixup_or_cutmix"] = "mixup_or_cutmix"
    mixup_alpha: float = Field(0.2, gt=0)
    """Both parameters of MixUp's Beta distribution, > 0."""
    cutmix_alpha: float = Field(1.0, gt=0)
    """Both parameters of CutMix's Beta distribution, > 0."""
    switch: float = Field(0.5, gt=0, lt=1)
    """Share of the mixed batches that CutMix gets, in (0, 1); MixUp gets the others."""
    probability: Share = 1.0
    """Share of the batches that are mixed, in (0, 1]."""

    def build(self, classes: int) -> Mix:
        either = v2.RandomChoice(
            [
                v2.MixUp(alpha=self.mixup_alpha, num_classes=classes),
                v2.CutMix(alpha=self.cutmix_alpha, num_classes=classes),
            ],
            p=[1 - self.switch, self.switch],
        )
        mix: Mix = v2.RandomApply([either], self.probability)
        return mix
