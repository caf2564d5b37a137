"""Backbones: what turns an image into features."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn

from ablation.errors import UserError
from ablation.recipe.component import Component
from ablation.recipe.model.blocks import blocks_of


class Backbone(nn.Module):
    """Normalised images (batch, 3, H, W) float to features (batch, features).

    Args:
        body: the module that computes them; its state dict is that of weight files.
        features: number of features of an image.
        classifier: prefixes of the keys in weight files that belong to the removed classifier.
        pooled: path of the Sequential whose output is pooled, if a function call pools it and not a module.
    """

    def __init__(
        self, body: nn.Module, features: int, classifier: tuple[str, ...] = (), pooled: str | None = None
    ) -> None:
        super().__init__()
        self.body, self.features, self.classifier, self.pooled = body, features, classifier, pooled

    @property
    def blocks(self) -> list[tuple[str, nn.Module]]:
        """Its blocks in forward order with their paths in ``body``, as ``blocks_of`` returns them."""
        return blocks_of(self.body)

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.body(images)
        return features


class BackboneSettings(Component, ABC, section=True):
    """Base of all backbones."""

    name: str

    @abstractmethod
    def build(self, image_size: int) -> Backbone:
        """The backbone with random weights, drawn from torch's CPU generator.

        Args:
            image_size: side of the images, pixels.

        Raises:
            UserError: it cannot take images of this size.
        """

    def published(self) -> tuple[str, ...]:
        """Names of weights that ``download`` knows."""
        return ()

    def download(self, weights: str, image_size: int) -> Mapping[str, Tensor]:
        """The state dict of published weights, from the local cache if it is there.

        Args:
            weights: one of ``published``.
            image_size: side of the images, pixels, for a library that adapts weights to it on loading.

        Raises:
            UserError: it is not in the cache and cannot be downloaded, or it is damaged.
        """
        raise UserError(f"{self.name} has no published weights", place="model.weights", remedy=f"not {weights}: none")

    def adapt(self, state: dict[str, Tensor], image_size: int) -> dict[str, Tensor]:
        """A weight file's state dict with current keys and for this image size."""
        return state
