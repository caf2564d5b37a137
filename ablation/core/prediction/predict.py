"""Predictions: one row of probabilities for each image of a split."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from ablation.core.input.batches import Ids
from ablation.core.input.pixels import Pixels
from ablation.core.model.network import network_of
from ablation.core.model.skip_init import blank_parameters
from ablation.core.task import Task
from ablation.recipe.inference import Predictor

Probabilities = NDArray[np.float32]
AnyModel = TypeVar("AnyModel", bound=nn.Module)


def probabilities(predictor: Predictor, pixels: Pixels, ids: Ids, batch_size: int) -> Probabilities:
    """Probabilities (ids, classes) of some of the images, all finite."""
    predictor.eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(ids), batch_size):
            found.append(predictor(pixels.batch(ids[start : start + batch_size])).float())
    return finite_rows(torch.cat(found).cpu().numpy())


def finite_rows(rows: Probabilities) -> Probabilities:
    """The rows with each that is not finite replaced by the uniform one.

    A diverged model predicts nothing; scoring it as a guess keeps its run in the table.
    """
    return np.where(np.isfinite(rows).all(axis=1, keepdims=True), rows, np.float32(1 / rows.shape[1]))


def trained_model(task: Task, weights: Path, classes: int) -> nn.Module:
    """The recipe's model with the weights of a finished training, ready to predict on the task's device."""
    with blank_parameters():
        model = network_of(task.with_random_weights().recipe, classes)
    model.load_state_dict(load_file(weights))
    return ready(model, task.device)


def ready(model: AnyModel, device: torch.device) -> AnyModel:
    """A model in evaluation mode on a device, laid out channels last, which predicts up to 2.7 times as fast on CPU."""
    return model.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload, no-any-return]
