"""Augmentation: random changes to each training image.

A component is built once per training, into one of two kinds. ``PerBatch`` changes a batch on its device, by uniform
numbers that the core draws for each example of each epoch. ``PerImage`` changes one image on the CPU and draws from
torch's global CPU generator only, which the core seeds for each example of each epoch; it is simpler to write, and the
kind that libraries such as Albumentations offer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

from torch import Tensor

from ablation.recipe.component import Component

PerImage: TypeAlias = Callable[[Tensor], Tensor]
"""An image (3, H, W) uint8 to a changed one of the same shape and type."""


class PerBatch(ABC):
    """A random change of a batch of images, decided by numbers drawn for each image.

    Calling it is a pure function: the result for an image depends on that image and its own row of numbers alone, not
    on the rest of the batch. On CUDA all shapes are static and nothing waits for the device, so it can be captured in a
    CUDA graph; the first call on a device copies constants to it and must not be captured.

    Shapes: images (batch, 3, H, W) uint8 in any memory format, on any device; draws (batch, ``draws``) float32 in
    [0, 1) on the same device.
    Returns: (batch, 3, H, W) uint8; the input is not changed.
    """

    @property
    @abstractmethod
    def draws(self) -> int:
        """Number of uniform numbers per image, >= 0."""

    @abstractmethod
    def __call__(self, images: Tensor, draws: Tensor) -> Tensor:
        """The changed images."""


@dataclass(frozen=True)
class Frame:
    """What an augmentation may need to know about the images.

    Args:
        image_size: side, pixels.
        mean: the data's mean colour, red, green and blue in 0..255, which normalisation turns into 0.
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

    @property
    def changes_nothing(self) -> bool:
        """Whether images do not change, so that nothing needs to be built or drawn."""
        return False

    @abstractmethod
    def build(self, frame: Frame) -> PerImage | PerBatch:
        """The change of an image, or of a batch of images."""
