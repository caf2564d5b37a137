"""Crop, flip, a policy, and erasing at the end, as in torchvision's own training recipes."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ablation.recipe.augment import AugmentSettings, Frame, PerBatch
from ablation.recipe.augment.batch.chain import Chain
from ablation.recipe.augment.batch.erasing import erasing
from ablation.recipe.augment.batch.flip import Flip
from ablation.recipe.augment.batch.resized_crop import ResizedCrop
from ablation.recipe.augment.batch.step import Step
from ablation.recipe.augment.bounds import Probability, Shares


class CropFlipErase(AugmentSettings, ABC):
    """Settings that the policies share, in the order of their steps; defaults are those of torchvision's recipes."""

    crop_scale: Shares | None = (0.08, 1.0)
    """Least and largest area of the random crop, share of the image, in (0, 1]; null leaves the crop out."""
    hflip: Probability = 0.5
    """Probability of a left-right flip, in [0, 1]; 0 where left and right differ, as for digits."""
    erasing: Probability = 0.0
    """Probability that a rectangle is painted over with the mean colour, in [0, 1]; 0.1 in torchvision's new recipe."""

    def build(self, frame: Frame) -> PerBatch:
        crop = [ResizedCrop(self.crop_scale)] if self.crop_scale is not None else []
        flip = [Flip(self.hflip)] if self.hflip > 0 else []
        return Chain([*crop, *flip, *self._policy(frame), *erasing(self.erasing, frame)])

    @abstractmethod
    def _policy(self, frame: Frame) -> list[Step]:
        """The steps between the flip and the erasing."""
