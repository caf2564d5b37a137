"""The base of every change: computing its parameters, and applying them to pixels."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from ablation.recipe.augment import PerBatch


class Step(PerBatch):
    """A random change in two parts, so that the parameters of all images are computed at once and the pixels later."""

    def __call__(self, images: Tensor, draws: Tensor) -> Tensor:
        return self.changed(images, self.parameters(draws, *images.shape[2:]))

    @abstractmethod
    def parameters(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Each image's parameters, (batch, ...) float64, from its uniform numbers (batch, ``draws``)."""

    @abstractmethod
    def changed(self, images: Tensor, parameters: Tensor) -> Tensor:
        """Images (batch, 3, H, W) uint8, contiguous, changed by their parameters."""
