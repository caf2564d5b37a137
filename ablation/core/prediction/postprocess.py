"""Postprocessing of stored predictions: averaging, calibration, thresholds."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from ablation.metrics.predictions import Predictions
from ablation.recipe.inference.averaging import averaged
from ablation.recipe.inference.calibration import temperature, tempered
from ablation.recipe.inference.settings import Calibration, Threshold
from ablation.recipe.inference.threshold import best_threshold, decided


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
        scores, truth = val.probabilities[:, positive], val.labels == positive
        chosen["threshold"] = cutoff = best_threshold(scores, truth)
        decisions = decided(predictions.probabilities, positive, cutoff)
        predictions = dataclasses.replace(predictions, decisions=decisions)
    return predictions, chosen
