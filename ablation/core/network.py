"""The network that trains and predicts: the recipe's model without the weights that only multiply padding.

At 32 pixels the last blocks of a ResNet have maps of one pixel, where eight of the nine weights of a 3 x 3 kernel
multiply zeros; the libraries compute these products nevertheless. Without them a training step of ResNet-18 at 32
pixels takes half the time on a CPU. The sum is the same but for its rounding; the gradient of these weights is 0, as
before.
"""

from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from ablation.recipe.model import Classifier, build_model
from ablation.recipe.recipe import Recipe


def network_of(recipe: Recipe, classes: int, folder: Path = Path()) -> Classifier:
    """The recipe's model, its weights drawn from torch's generator or read from a file (relative to ``folder``)."""
    model = build_model(recipe.model, classes, recipe.data.image_size, folder)
    crop_convolutions(model)
    return model


class CroppedConv2d(nn.Conv2d):
    """A convolution that computes an output of a single position as a matrix product with the weights over the map.

    Shapes: (batch, in, H, W) to (batch, out, H', W'), as ``nn.Conv2d``.
    """

    def forward(self, input: Tensor) -> Tensor:
        assert not isinstance(self.padding, str)
        height, width = input.shape[-2:]
        (top, left), (rows, columns), (down, across) = self.padding, self.kernel_size, self.stride
        if (height + 2 * top - rows) // down or (width + 2 * left - columns) // across:
            return super().forward(input)  # several positions, or none, for which torch raises
        weight = self.weight[:, :, top : top + height, left : left + width]  # (out, in, rows, columns) over the map
        values = input[:, :, : weight.shape[2], : weight.shape[3]]
        return F.linear(values.flatten(1), weight.flatten(1), self.bias)[:, :, None, None]


def crop_convolutions(model: nn.Module) -> None:
    """Turn every padded convolution of a model into a ``CroppedConv2d``; weights, names and hooks stay."""
    for module in model.modules():
        if type(module) is nn.Conv2d and _can_be_cropped(module):
            module.__class__ = CroppedConv2d


def _can_be_cropped(conv: nn.Conv2d) -> bool:
    plain = conv.groups == 1 and conv.dilation == (1, 1) and conv.padding_mode == "zeros"
    return plain and not isinstance(conv.padding, str) and max(conv.padding) > 0
