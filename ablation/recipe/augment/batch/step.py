"""What every change is made of: parameters, which take few numbers, and pixels, which take time."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from ablation.recipe.augment import PerBatch


class Step(PerBatch):
    """One random change in two parts, so that all images' parameters can be computed at once and their pixels later."""

    def __call__(self, images: Tensor, draws: Tensor) -> Tensor:
        return self.changed(images, self.parameters(draws, *images.shape[2:]))

    @abstractmethod
    def parameters(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Each image's parameters, (batch, ...) float64, of its numbers (batch, ``draws``)."""

    @abstractmethod
    def changed(self, images: Tensor, parameters: Tensor) -> Tensor:
        """Images (batch, 3, H, W) uint8, contiguous, changed by their parameters."""
