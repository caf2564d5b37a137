"""Predictions: probabilities of a trained model for each image of a split, and their postprocessing."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from ablation.core.input.pixels import Pixels
from ablation.core.network import network_of
from ablation.core.skip_init import skip_init
from ablation.core.task import Task
from ablation.metrics.metric import ClassProbabilities
from ablation.metrics.predictions import Predictions
from ablation.recipe.data.pool import Ids
from ablation.recipe.inference import Predictor
from ablation.recipe.inference.averaging import averaged
from ablation.recipe.inference.calibration import temperature, tempered
from ablation.recipe.inference.settings import Calibration, Threshold
from ablation.recipe.inference.threshold import best_threshold, decided

AnyModel = TypeVar("AnyModel", bound=nn.Module)


def trained_model(task: Task, weights: Path, classes: int) -> nn.Module:
    """The recipe's model with the weights of a finished training, ready to predict on the task's device."""
    with skip_init():
        model = network_of(task.with_random_weights().recipe, classes)
    model.load_state_dict(load_file(weights))
    return ready(model, task.device)


def ready(model: AnyModel, device: torch.device) -> AnyModel:
    """A model in evaluation mode on a device, in the channels-last layout: up to 2.7 times as fast on a CPU."""
    return model.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload, no-any-return]


def probabilities(predictor: Predictor, pixels: Pixels, ids: Ids, batch_size: int) -> ClassProbabilities:
    """Class probabilities of the images ``ids``, shape (ids, classes), all finite."""
    predictor.eval()
    with torch.inference_mode():
        return finite_rows(outputs(predictor, pixels, ids, batch_size).cpu().numpy())


def outputs(network: nn.Module, pixels: Pixels, ids: Ids, batch_size: int) -> Tensor:
    """What a network returns for the images ``ids``, batch by batch; shape (ids, ...) float32."""
    starts = range(0, len(ids), batch_size)
    return torch.cat([network(pixels.batch(ids[start : start + batch_size])).float() for start in starts])


def finite_rows(rows: ClassProbabilities) -> ClassProbabilities:
    """The rows, (images, classes), with 1 / classes in each row that has a value that is not finite.

    A diverged model predicts nothing; scored as a guess, its run stays in the table.
    """
    return np.where(np.isfinite(rows).all(axis=1, keepdims=True), rows, np.float32(1 / rows.shape[1]))


def mean_predictions(members: Sequence[Predictions]) -> Predictions:
    """Predictions whose probabilities are the mean of several models' for the same images."""
    first = members[0]
    assert all(np.array_equal(member.ids, first.ids) for member in members), "members predict different images"
    return Predictions.of(averaged([member.probabilities for member in members]), first.labels, first.ids)


def postprocessed(
    predictions: Predictions, val: Predictions, calibration: Calibration, threshold: Threshold, positive: int | None
) -> tuple[Predictions, dict[str, float]]:
    """Predictions with calibrated probabilities and with decisions by a threshold, both chosen on the val images.

    Args:
        val: predictions of the val images by the same model.
        positive: number of the positive class; needed for a threshold.

    Returns: the new predictions, and the temperature and the threshold that were chosen.
    """
    chosen: dict[str, float] = {}
    if calibration == "temperature":
        chosen["temperature"] = best = temperature(val.probabilities, val.labels)
        val, predictions = (
            Predictions.of(tempered(old.probabilities, best), old.labels, old.ids) for old in (val, predictions)
        )
    if threshold == "best_f1":
        assert positive is not None, "the planner checks that there is a positive class"
        cutoff = best_threshold(val.probabilities[:, positive], val.labels == positive)
        chosen["threshold"] = cutoff
        decisions = decided(predictions.probabilities, positive, cutoff)
        predictions = dataclasses.replace(predictions, decisions=decisions)
    return predictions, chosen
