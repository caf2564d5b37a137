"""Mixing: new training images, each from two of a batch, with matching targets.

A component is built once per training into a function of a batch: images (batch, 3, H, W) float and targets
(batch, classes) float, rows summing to 1, to the same shapes. It draws from torch's global CPU generator only, which
the core seeds for each batch. Each image is mixed with the one before it in the batch, whose order is random.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated

from pydantic import Field
from torch import Tensor

from ablation.recipe.component import Component

Mix = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
Share = Annotated[float, Field(gt=0, le=1)]


class MixSettings(Component, ABC, section=True):
    """Base of all mixtures."""

    name: str

    @property
    def changes_nothing(self) -> bool:
        """Whether batches do not change, so that nothing needs to be built or drawn."""
        return False

    @abstractmethod
    def build(self, classes: int) -> Mix:
        """The function from images and targets to mixed ones.

        Args:
            classes: number of classes.
        """
