"""A user's own backbone without BatchNorm and dropout, for what only holds without them."""

from __future__ import annotations

from torch import nn

from ablation.recipe.model.backbones import Backbone, BackboneSettings


class Plain(BackboneSettings):
    """One convolution."""

    name: str = "plain_backbone:Plain"

    def build(self, image_size: int) -> Backbone:
        return Backbone(
            nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.Tanh(), nn.AdaptiveAvgPool2d(2), nn.Flatten()), features=24
        )
