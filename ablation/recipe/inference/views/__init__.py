"""Views: changed copies of an image with the same class, for test-time augmentation."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor

from ablation.recipe.component import Component


class ViewSettings(Component, ABC, section=True):
    """Base of all views."""

    name: str

    @abstractmethod
    def views(self, images: Tensor) -> tuple[Tensor, ...]:
        """Copies of the images, each of the same shape.

        Args:
            images: normalised, (batch, 3, H, W) float.
        """
