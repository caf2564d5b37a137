"""What document 000's two pipelines share: flip, rotation, colour jitter, and erasing at the end."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence

from pydantic import Field
from torch import Tensor, nn
from torchvision.transforms import InterpolationMode, v2

from ablation.recipe.augment import AugmentSettings, Frame
from ablation.recipe.augment.bounds import Positives, Probability, Shares
from ablation.recipe.augment.pillow import ERASED_RATIO, ERASED_SCALE, erasing, on_pillow


class FlipRotateJitter(AugmentSettings, ABC):
    """Settings and transforms that ``basic`` and ``enhanced`` have in common; a magnitude of 0 leaves its step out."""

    hflip: Probability = 0.5
    """Probability of a left-right flip, in [0, 1]; 0 where left and right differ, as for digits."""
    rotation: float = Field(15.0, ge=0, le=180)
    """Largest rotation to either side, degrees, in [0, 180]."""
    brightness: float = Field(0.3, ge=0, le=1)
    """Largest relative change of brightness, in [0, 1]."""
    contrast: float = Field(0.3, ge=0, le=1)
    """Largest relative change of contrast, in [0, 1]."""
    saturation: float = Field(0.3, ge=0, le=1)
    """Largest relative change of saturation, in [0, 1]; no effect on grey images."""
    hue: float = Field(0.1, ge=0, le=0.5)
    """Largest change of hue, turns of the colour circle, in [0, 0.5]; no effect on grey images."""
    erasing: Probability = 0.25
    """Probability that a rectangle is painted over with the mean colour, in [0, 1]."""
    erasing_scale: Shares = ERASED_SCALE
    """Least and largest area of the rectangle, share of the image, in (0, 1]."""
    erasing_ratio: Positives = ERASED_RATIO
    """Least and largest height over width of the rectangle, > 0."""

    def _flip_rotate_jitter(self, interpolation: InterpolationMode) -> list[nn.Module]:
        jitter = (self.brightness, self.contrast, self.saturation, self.hue)
        steps = [
            (self.hflip, v2.RandomHorizontalFlip(self.hflip)),
            (self.rotation, v2.RandomRotation(self.rotation, interpolation=interpolation)),
            (max(jitter), v2.ColorJitter(*jitter)),
        ]
        return [step for magnitude, step in steps if magnitude > 0]

    def _then_erase(self, steps: Sequence[nn.Module], frame: Frame) -> Callable[[Tensor], Tensor]:
        """The pipeline of steps on Pillow images, then erasing."""
        return on_pillow(steps, erasing(self.erasing, frame, self.erasing_scale, self.erasing_ratio))
