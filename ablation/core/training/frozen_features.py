"""Features of a frozen backbone, computed once: where it does not change and sees the same images in every epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ablation.core.device import autocast
from ablation.core.input.batches import Ids
from ablation.core.input.pixels import Pixels
from ablation.core.prediction.predict import Probabilities, finite_rows
from ablation.recipe.inference import Normalise
from ablation.recipe.model import Classifier
from ablation.recipe.recipe import Recipe
from ablation.recipe.train import TrainSettings

_AT_A_TIME = 256


@dataclass(frozen=True)
class Features:
    """What the backbone makes of some images.

    Args:
        values: (images, features) float, on the device.
        rows: row of each image of the data set; -1 where there is none.
    """

    values: Tensor
    rows: Ids

    def of(self, ids: Ids) -> Tensor:
        """The features (batch, features) of some images."""
        return self.values[torch.from_numpy(self.rows[ids]).to(self.values.device)]

    def probabilities(self, head: nn.Module, ids: Ids) -> Probabilities:
        """What the head makes of them, (batch, classes)."""
        head.eval()
        with torch.inference_mode():
            return finite_rows(head(self.of(ids)).float().softmax(1).cpu().numpy())


def gives_fixed_features(recipe: Recipe) -> bool:
    """Whether only the head is trained, on images that never change; attention would be trained with it."""
    model = recipe.model
    frozen = model.trainable == "head" and model.attention == "none"
    return frozen and recipe.augment.changes_nothing and recipe.mix.changes_nothing


def features_of(model: Classifier, normalise: Normalise, pixels: Pixels, ids: Ids, settings: TrainSettings) -> Features:
    """The features of the images ``ids``, in evaluation mode as a frozen backbone is in training too."""
    model.backbone.eval()
    found = []
    with torch.no_grad(), autocast(settings, pixels.device):
        for start in range(0, len(ids), _AT_A_TIME):
            found.append(model.backbone(normalise(pixels.batch(ids[start : start + _AT_A_TIME]))).float())
    rows = np.full(len(pixels.images), -1, dtype=np.int64)
    rows[ids] = np.arange(len(ids))
    return Features(torch.cat(found), rows)
