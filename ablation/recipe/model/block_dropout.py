"""Dropout of whole channels at the end of the residual branches of torchvision's ResNets."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck


class BatchNormDropout2d(nn.BatchNorm2d):
    """BatchNorm, then dropout of whole channels: (batch, channels, H, W) float to the same.

    One module and not two, so that state dicts have the keys of a network without dropout.

    Args:
        channels: of the images.
        dropout: probability that a channel is dropped in training, in [0, 1).
    """

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__(channels)
        self.dropout = dropout

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(super().forward(input), self.dropout, self.training)


def drop_branches(body: nn.Module, dropout: float) -> None:
    """Let a fresh torchvision ResNet drop channels right before each addition; changed in place, nothing is drawn."""
    for block in body.modules():
        if isinstance(block, BasicBlock):
            block.bn2 = BatchNormDropout2d(block.bn2.num_features, dropout)
        elif isinstance(block, Bottleneck):
            block.bn3 = BatchNormDropout2d(block.bn3.num_features, dropout)
