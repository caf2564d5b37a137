"""Features of a frozen backbone, computed once, for recipes in which every epoch has the same images."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ablation.core.device import autocast
from ablation.core.input.pixels import Pixels
from ablation.core.prediction import finite_rows, outputs
from ablation.metrics.metric import ClassProbabilities
from ablation.recipe.data.pool import Ids
from ablation.recipe.inference import Normalise
from ablation.recipe.model import Classifier
from ablation.recipe.recipe import Recipe
from ablation.recipe.train import TrainSettings

_BATCH_SIZE = 256


@dataclass(frozen=True)
class Features:
    """The backbone's output for some images: ``values``, (images, features) float, on the device.

    ``rows`` has the row in ``values`` of each image of the data set; -1 for an image without features.
    """

    values: Tensor
    rows: Ids

    def of(self, ids: Ids) -> Tensor:
        """The features of the images ``ids``, (batch, features)."""
        return self.values[torch.from_numpy(self.rows[ids]).to(self.values.device)]

    def probabilities(self, head: nn.Module, ids: Ids) -> ClassProbabilities:
        """The head's probabilities for the images ``ids``, (batch, classes)."""
        head.eval()
        with torch.inference_mode():
            return finite_rows(head(self.of(ids)).float().softmax(1).cpu().numpy())


def gives_fixed_features(recipe: Recipe) -> bool:
    """Whether only the head is trained, on images that never change; attention is trained with the head."""
    model = recipe.model
    frozen = model.trainable == "head" and model.attention == "none"
    return frozen and recipe.augment.changes_nothing and recipe.mix.changes_nothing


def features_of(model: Classifier, normalise: Normalise, pixels: Pixels, ids: Ids, settings: TrainSettings) -> Features:
    """The features of the images ``ids``, in evaluation mode, which a frozen backbone keeps in training."""
    model.backbone.eval()
    with torch.no_grad(), autocast(settings, pixels.device):
        values = outputs(nn.Sequential(normalise, model.backbone), pixels, ids, _BATCH_SIZE)
    rows = np.full(len(pixels.images), -1, dtype=np.int64)
    rows[ids] = np.arange(len(ids))
    return Features(values, rows)
