"""Small CNN: three convolution blocks, trained from scratch in seconds.

Changes     the backbone: three times convolution of stride 2 (5x5, then 3x3), BatchNorm and ReLU, then the mean over
            positions; widths w, 2w, 4w. With ``conv_dropout`` whole channels are dropped at the end of each block.
Helps       as a baseline, and for small images of simple content; photographs need more depth.
Collides    batches of one image, on which BatchNorm has no variance (the core joins such a batch to the one before);
            convolution dropout of 0.25 from the first epoch on is blamed by its document for a network that does not
            learn.
Cost        95,000 parameters and 2.6 MFLOP an image of 32 px at width 32; 8 epochs of 300 such images take about a
            second on one core.
Asked by    004_7c9170eca9dbe505.txt (convolution dropout 0.25, then 0.1; its own network is not shown);
            002_111c0abedfd045f2.txt calls its baseline a simple CNN.
Source      strided convolutions instead of pooling: Springenberg et al. 2015, arXiv:1412.6806; BatchNorm: Ioffe and
            Szegedy 2015, arXiv:1502.03167; dropping whole channels: Tompson et al. 2015, arXiv:1411.4280.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch import nn

from ablation.recipe.model.backbones import Backbone, BackboneSettings


class SmallCNN(BackboneSettings):
    """Three convolution blocks; images of any size."""

    name: Literal["small_cnn"] = "small_cnn"
    width: int = Field(32, ge=1)
    """Channels of the first block, >= 1; the features are four times as many."""
    conv_dropout: float = Field(0.0, ge=0, lt=1)
    """Probability that a channel is dropped at the end of each block in training, in [0, 1)."""

    def build(self, image_size: int) -> Backbone:
        w, drop = self.width, self.conv_dropout
        blocks = [*_block(3, w, 5, drop), *_block(w, 2 * w, 3, drop), *_block(2 * w, 4 * w, 3, drop)]
        return Backbone(nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten()), features=4 * w)


def _block(before: int, after: int, kernel: int, drop: float) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, kernel, stride=2, padding=kernel // 2, bias=False)
    # in one place with the ReLU, so that state dicts keep their numbering
    activation = nn.Sequential(nn.ReLU(inplace=True), nn.Dropout2d(drop))
    return [convolution, nn.BatchNorm2d(after), activation]
