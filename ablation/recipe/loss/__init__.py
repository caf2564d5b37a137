"""Losses: what training minimises.

A loss is built once per training and called with logits (batch, classes) and a target: class ids (batch,) or
distributions (batch, classes) with rows summing to 1. It returns the loss of each example, shape (batch,); the core
sums it over the effective batch and divides by its size.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from ablation.recipe.component import Component


class LossSettings(Component, ABC, section=True):
    """Base of all losses."""

    scaling: ClassVar[tuple[str, ...]] = ()
    """Settings of which a single number for all classes changes only the scale of the loss."""

    name: str

    @abstractmethod
    def build(self, class_weights: Tensor) -> nn.Module:
        """The loss module.

        Args:
            class_weights: weight of each class from the section ``balance``, shape (classes,), mean 1 over the
                training examples.
        """
