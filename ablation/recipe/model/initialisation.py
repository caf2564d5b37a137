"""Xavier initialisation: weights whose spread keeps the size of activations and gradients from layer to layer.

Changes     the start: weights of linear and convolution layers are drawn uniformly from +-sqrt(6 / (fan in + fan out))
            and biases are 0, in all that does not start from published or own weights.
Helps       promised by "better initialisation" over torch's own, which draws from +-1 / sqrt(fan in): a wider spread
            for most layers. Behind BatchNorm, which brings activations to one size anyway, little.
Collides    deep networks of ReLUs without BatchNorm, for which He's spread (torchvision's for ResNet and VGG) is right:
            with weights ``none`` this replaces it.
Cost        none.
Asked by    001_b04657de1b61805f.txt (Xavier uniform), 002_111c0abedfd045f2.txt ("better initialization" of its head).
Source      Glorot and Bengio 2010, Proceedings of Machine Learning Research 9; torch.nn.init.xavier_uniform_.
"""

from __future__ import annotations

from torch import nn


def xavier_uniform(module: nn.Module) -> None:
    """Draw the weights of every linear and convolution layer anew from torch's generator, and set their biases to 0."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
