"""Small CNN: three convolution blocks, trained from scratch in seconds.

Changes     the backbone: three times convolution 3x3, BatchNorm, ReLU and max-pooling by 2, then the mean over
            positions; widths w, 2w, 4w.
Helps       as a baseline, and for small images of simple content; photographs want more depth.
Collides    batches of one image, on which BatchNorm has no variance (the core joins such a batch to the one before).
Cost        about 25,000 parameters at width 16; milliseconds a batch on a CPU.
Asked by    no document; document 002_111c0abedfd045f2.txt calls its own baseline a simple CNN.
Source      the usual textbook stack; BatchNorm from Ioffe and Szegedy 2015, arXiv:1502.03167.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch import nn

from ablation.errors import UserError
from ablation.recipe.model.backbones import Backbone, BackboneSettings

_SMALLEST = 8


class SmallCNN(BackboneSettings):
    """Three convolution blocks."""

    name: Literal["small_cnn"] = "small_cnn"
    width: int = Field(16, ge=1)
    """Channels of the first block, >= 1; the features are four times as many."""

    def build(self, image_size: int) -> Backbone:
        if image_size < _SMALLEST:
            raise UserError(
                f"{self.name} cannot take images of {image_size} px",
                place="data.image_size",
                remedy=f"the smallest size it takes is {_SMALLEST}",
            )
        widths = (3, self.width, 2 * self.width, 4 * self.width)
        blocks = [_block(before, after) for before, after in zip(widths, widths[1:], strict=False)]
        return Backbone(nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten()), features=widths[-1])


def _block(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True), nn.MaxPool2d(2)
    )
