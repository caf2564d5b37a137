"""Left-right flip."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ablation.recipe.augment.batch.choice import some
from ablation.recipe.augment.batch.step import Step


@dataclass(frozen=True)
class Flip(Step):
    """Mirrors each image with some probability, as torchvision's ``RandomHorizontalFlip``."""

    probability: float

    @property
    def draws(self) -> int:
        return 1

    def parameters(self, draws: Tensor, height: int, width: int) -> Tensor:
        return (draws < self.probability).double()

    def changed(self, images: Tensor, parameters: Tensor) -> Tensor:
        return some(images, parameters[:, 0] > 0, mirrored, parameters)


def mirrored(images: Tensor, _: Tensor) -> Tensor:
    """Images (batch, 3, H, W) with left and right exchanged."""
    return images.flip(3)
