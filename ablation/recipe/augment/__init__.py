"""Augmentation: random changes to each training image.

A component is built once per training into a function of one image, (3, H, W) uint8 to the same. It draws from
torch's global CPU generator only, which the core seeds for each example of each epoch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from torch import Tensor

from ablation.recipe.component import Component


@dataclass(frozen=True)
class Frame:
    """What an augmentation may need to know of the images.

    Args:
        image_size: side, pixels.
        mean: the data's mean colour, red, green and blue in 0..255; what normalisation turns into 0.
    """

    image_size: int
    mean: tuple[int, int, int]

    @classmethod
    def of(cls, image_size: int, mean: Sequence[float]) -> Self:
        """The frame for a mean in [0, 1]."""
        red, green, blue = (round(255 * channel) for channel in mean)
        return cls(image_size, (red, green, blue))


class AugmentSettings(Component, ABC, section=True):
    """Base of all augmentations."""

    name: str

    @abstractmethod
    def build(self, frame: Frame) -> Callable[[Tensor], Tensor]:
        """The function from an image (3, H, W) uint8 to a changed one of the same shape and type."""
