"""What torchvision's own training recipes wrap around a policy: random resized crop, flip, and erasing at the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor, nn
from torchvision.transforms import v2

from ablation.recipe.augment import AugmentSettings, Frame
from ablation.recipe.augment.bounds import Probability, Shares
from ablation.recipe.augment.pillow import erasing, on_pillow


class CropFlipErase(AugmentSettings, ABC):
    """Settings that the policies have in common, in the order in which they act; defaults of torchvision's recipes."""

    crop_scale: Shares | None = (0.08, 1.0)
    """Least and largest area of the random crop, share of the image, in (0, 1]; null leaves the crop out."""
    hflip: Probability = 0.5
    """Probability of a left-right flip, in [0, 1]; 0 where left and right differ, as for digits."""
    erasing: Probability = 0.0
    """Probability that a rectangle is painted over with the mean colour, in [0, 1]; 0.1 in torchvision's new recipe."""

    def build(self, frame: Frame) -> Callable[[Tensor], Tensor]:
        crop = [v2.RandomResizedCrop(frame.image_size, self.crop_scale)] if self.crop_scale is not None else []
        flip = [v2.RandomHorizontalFlip(self.hflip)] if self.hflip > 0 else []
        return on_pillow([*crop, *flip, *self._policy()], erasing(self.erasing, frame))

    @abstractmethod
    def _policy(self) -> list[nn.Module]:
        """What happens between the flip and the erasing, on Pillow images."""
