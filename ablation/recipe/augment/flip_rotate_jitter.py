"""Steps of both pipelines of document 000: flip, rotation, colour jitter, and erasing at the end."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

from pydantic import Field

from ablation.recipe.augment import AugmentSettings, Frame, PerBatch
from ablation.recipe.augment.batch.affine import Rotation
from ablation.recipe.augment.batch.chain import Chain
from ablation.recipe.augment.batch.erasing import ERASED_RATIO, ERASED_SCALE, erasing
from ablation.recipe.augment.batch.flip import Flip
from ablation.recipe.augment.batch.jitter import Jitter
from ablation.recipe.augment.batch.sampling import Interpolation
from ablation.recipe.augment.batch.step import Step
from ablation.recipe.augment.bounds import Positives, Probability, Shares


class FlipRotateJitter(AugmentSettings, ABC):
    """Settings and steps that ``basic`` and ``enhanced`` share; a magnitude of 0 omits its step."""

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

    def _flip_rotate_jitter(self, interpolation: Interpolation) -> list[Step]:
        jitter = (self.brightness, self.contrast, self.saturation, self.hue)
        steps: list[tuple[float, Step]] = [
            (self.hflip, Flip(self.hflip)),
            (self.rotation, Rotation(self.rotation, interpolation)),
            (max(jitter), Jitter(*jitter)),
        ]
        return [step for magnitude, step in steps if magnitude > 0]

    def _then_erase(self, steps: Sequence[Step], frame: Frame) -> PerBatch:
        """The steps, followed by erasing."""
        return Chain([*steps, *erasing(self.erasing, frame, self.erasing_scale, self.erasing_ratio)])
