"""Heads: what turns features into logits."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import nn

from ablation.recipe.component import Component


class HeadSettings(Component, ABC, section=True):
    """Base of all heads."""

    name: str

    @abstractmethod
    def build(self, features: int, classes: int) -> nn.Module:
        """The module from features (batch, features) to logits (batch, classes), with random weights.

        Args:
            features: number of features that the backbone gives.
            classes: number of classes.
        """
