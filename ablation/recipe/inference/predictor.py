"""The network for prediction: normalisation, the model, and the mean over its views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor, nn

from ablation.recipe.data import DataSettings
from ablation.recipe.inference.settings import InferenceSettings
from ablation.recipe.inference.views import ViewSettings


class Normalise(nn.Module):
    """Images in 0..255, uint8 or float, to (images / 255 - mean) / std, float32.

    Args:
        mean: of red, green and blue, pixel values in [0, 1].
        std: of red, green and blue, > 0.

    Shapes: (batch, 3, H, W) in and out.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        middle, spread = (torch.tensor(each, dtype=torch.float64).reshape(3, 1, 1) for each in (mean, std))
        self.register_buffer("scale", (1 / (255 * spread)).float(), persistent=False)
        self.register_buffer("shift", (-middle / spread).float(), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return images.float() * self.scale + self.shift


class Predictor(nn.Module):
    """Images to probabilities: the mean of the softmax over the views.

    Args:
        model: normalised images (batch, 3, H, W) to logits (batch, classes).
        mean: of red, green and blue, pixel values in [0, 1].
        std: of red, green and blue, > 0.
        views: at least one.

    Shapes: images (batch, 3, H, W), uint8 or float in 0..255, to probabilities (batch, classes) float32.
    """

    def __init__(
        self, model: nn.Module, mean: Sequence[float], std: Sequence[float], views: Sequence[ViewSettings]
    ) -> None:
        super().__init__()
        self.model, self.normalise, self.views = model, Normalise(mean, std), tuple(views)

    @classmethod
    def of(cls, model: nn.Module, data: DataSettings, inference: InferenceSettings) -> Self:
        """The predictor of these sections of a recipe."""
        return cls(model, data.mean, data.std, inference.tta)

    def forward(self, images: Tensor) -> Tensor:
        normal = self.normalise(images)
        views = (view for each in self.views for view in each.views(normal))
        return torch.stack([self.model(view).float().softmax(1) for view in views]).mean(0)
