"""Corruptions: changes to the test images, to measure how well a model does on worse images.

A component is built once into a function of one image, (3, H, W) uint8 to the same, on the CPU. It draws from torch's
global CPU generator only, which the core seeds for each test image, so that all variants see the same changed images.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor

from ablation.recipe.component import Component


class CorruptionSettings(Component, ABC, section=True):
    """Base of all corruptions."""

    name: str

    @property
    def label(self) -> str:
        """The label of its metrics: the name, without an import path, and the settings that are not default."""
        given = self.model_dump(exclude_defaults=True, exclude={self.key})
        return " ".join([self.name.rpartition(":")[2], *(f"{name} {value}" for name, value in given.items())])

    @abstractmethod
    def build(self) -> Callable[[Tensor], Tensor]:
        """The function from an image (3, H, W) uint8 to a changed one of the same shape and type."""
