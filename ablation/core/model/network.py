"""The network that trains and predicts: the recipe's model, in the form that computes it fastest."""

from __future__ import annotations

from pathlib import Path

from ablation.core.model.cropped_conv import crop_convolutions
from ablation.recipe.model import Classifier, build_model
from ablation.recipe.recipe import Recipe


def network_of(recipe: Recipe, classes: int, folder: Path = Path()) -> Classifier:
    """The recipe's model for so many classes, its weights drawn from torch's generator or read.

    Args:
        folder: of the experiment file; a relative path of starting weights begins there.
    """
    model = build_model(recipe.model, classes, recipe.data.image_size, folder)
    crop_convolutions(model)
    return model
