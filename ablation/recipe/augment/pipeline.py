"""A list of Albumentations transforms as a function of one image that draws from torch's generator alone.

The library seeds every transform separately with the same seed, so two transforms of one pipeline are correlated. Here
all transforms of a pipeline share one generator, seeded for each image by a draw from torch's generator; that takes
about 35 microseconds an image.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ablation.errors import UserError
from ablation.recipe.augment import AugmentSettings, Frame, PerImage
from ablation.recipe.augment.library import library, made, no_silent_changes

TRIALS = 16
"""Number of images for trying a pipeline when it is built."""


class Pipeline:
    """Changes an image, (3, H, W) uint8, to one of the same shape and type.

    Args:
        steps: names of transforms, or mappings of one name to its parameters.
        image_size: side of the images, pixels.

    Raises:
        UserError: the steps do not keep the image's shape; found when it is built, or later for a rare draw.
    """

    def __init__(self, steps: Sequence[Any], image_size: int) -> None:
        self.compose = library().Compose([made(step) for step in steps])
        trial = np.random.default_rng(0).integers(256, size=(image_size, image_size, 3), dtype=np.uint8)
        with no_silent_changes():
            for seed in range(TRIALS):
                self._changed(trial.copy(), seed, seed)

    def __call__(self, image: Tensor) -> Tensor:
        numpy_seed, python_seed = torch.randint(2**63 - 1, (2,)).tolist()
        pixels = image.permute(1, 2, 0).clone(memory_format=torch.contiguous_format).numpy()
        changed = self._changed(pixels, numpy_seed, python_seed)
        return torch.from_numpy(np.ascontiguousarray(changed.transpose(2, 0, 1)))

    def _changed(self, pixels: NDArray[np.uint8], numpy_seed: int, python_seed: int) -> NDArray[np.uint8]:
        self.compose.set_random_state(np.random.Generator(np.random.PCG64(numpy_seed)), random.Random(python_seed))
        try:
            changed: NDArray[np.uint8] = self.compose(image=pixels)["image"]
        except Exception as error:  # whatever the library raises
            raise _unusable(f"Albumentations: {error}") from error
        if changed.shape != pixels.shape or changed.dtype != np.uint8:
            kind = f"{changed.dtype} of shape {changed.shape}"
            raise _unusable(f"the transforms turn an image of shape {pixels.shape} into {kind}")
        return changed


def _unusable(problem: str) -> UserError:
    remedy = "let crops and paddings end at the image's size (data.image_size)"
    return UserError(problem, place="augment.transforms", remedy=remedy)


class Listed(AugmentSettings, ABC):
    """Settings of an augmentation that is a list of Albumentations transforms."""

    libraries: ClassVar[tuple[str, ...]] = ("albumentations", "albucore", "opencv-python-headless")

    @abstractmethod
    def steps(self, image_size: int) -> Sequence[Any]:
        """The transforms for images with this side, pixels, each a name or a mapping of one name to its parameters."""

    def build(self, frame: Frame) -> PerImage:
        return Pipeline(self.steps(frame.image_size), frame.image_size)
