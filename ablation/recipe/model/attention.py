"""Spatial attention: each position of the last feature map is weighed by what all channels show there.

Changes     the model: before the last pooling, the mean and the maximum over the channels at each position pass
            through one 7x7 convolution and a sigmoid; the feature map is multiplied by the result.
Helps       promised for objects that fill a part of the image; the last map of a 224 px image has 7x7 positions, of a
            32 px image one, where there is nothing to weigh.
Collides    small images (see above); a frozen backbone, whose pooled features can no longer be computed once, since
            this layer learns beneath the pooling. Fresh, its weights lie near 0.5: features start at half their size.
Cost        98 parameters and next to no time.
Asked by    001_b04657de1b61805f.txt ("optional spatial attention for feature focusing"; it shows no code).
Source      Woo et al. 2018, CBAM, arXiv:1807.06521, section 3, its spatial half; as in the authors' code the
            convolution has no bias, but no BatchNorm follows it, as in their formula.

Architectures that pool by a module get it there; densenet, mobilenet_v2, mnasnet and shufflenet pool by a function
call, and get it behind the layers that the call pools (in densenet before the last ReLU, which commutes with a positive
factor). VGG and AlexNet have their only pooling before their hidden layers. Vision transformers pool nothing: an error.

It is inserted after the starting weights are loaded, and counts with the head: it starts fresh, is trained when the
backbone is frozen, and is left out when the weights of a finished training start another.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from ablation.errors import UserError
from ablation.recipe.model.backbones import Backbone
from ablation.recipe.model.blocks import NewLayer, outside_weights

NAME = "spatial_attention"
"""Of the module in a state dict: ``backbone.body.avgpool.spatial_attention.convolution.weight``."""


class SpatialAttention(NewLayer):
    """Feature maps (batch, channels, H, W) float to the same, each position multiplied by a number in (0, 1).

    Args:
        kernel: side of the convolution, odd; the paper finds 7 better than 3.
    """

    def __init__(self, kernel: int = 7) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 1, kernel, padding=kernel // 2, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        summary = torch.cat([maps.mean(1, keepdim=True), maps.amax(1, keepdim=True)], dim=1)  # (batch, 2, H, W)
        weighed: Tensor = maps * self.convolution(summary).sigmoid()
        return weighed


def attend(backbone: Backbone, name: str) -> None:
    """Put a fresh spatial attention before the last pooling of a backbone, which is changed in place.

    Args:
        backbone: with its starting weights.
        name: of the backbone, for the error.

    Raises:
        UserError: it does not pool a feature map, or where it does is not known.
    """
    body, attention = backbone.body, SpatialAttention()
    if backbone.pooled is not None:
        body.get_submodule(backbone.pooled).add_module(NAME, attention)
        return
    outside = outside_weights(body)  # the pools within blocks are those of squeeze and excitation
    pools = [path for path, module in body.named_modules() if isinstance(module, nn.AdaptiveAvgPool2d)]
    last = next((path for path in reversed(pools) if body.get_submodule(path) in outside), None)
    if last is None:
        raise UserError(
            f"{name} has no pooling of a feature map that attention could stand before",
            place="model.attention",
            remedy="none, or a convolutional backbone such as resnet50",
        )
    pool = body.get_submodule(last)
    body.set_submodule(last, nn.Sequential(OrderedDict([(NAME, attention), ("pool", pool)])))
