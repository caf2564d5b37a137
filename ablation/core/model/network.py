"""The network that trains and predicts: the recipe's model with the fastest implementation of its layers."""

from pathlib import Path

from ablation.core.model.cropped_conv import crop_convolutions
from ablation.recipe.model import Classifier, build_model
from ablation.recipe.recipe import Recipe


def network_of(recipe: Recipe, classes: int, folder: Path = Path()) -> Classifier:
    """The recipe's model, its weights drawn from torch's generator or read from a file.

    Args:
        classes: number of classes.
        folder: of the experiment file; relative paths of starting weights are resolved against it.
    """
    model = build_model(recipe.model, classes, recipe.data.image_size, folder)
    crop_convolutions(model)
    return model
