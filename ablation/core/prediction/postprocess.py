"""What becomes of predictions without another look at the images: averages, calibration, thresholds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ablation.metrics.predictions import Predictions
from ablation.recipe.inference.averaging import averaged as mean_of
from ablation.recipe.inference.calibration import temperature, tempered
from ablation.recipe.inference.settings import Calibration, Threshold
from ablation.recipe.inference.threshold import best_threshold, decided


def averaged(members: Sequence[Predictions]) -> Predictions:
    """The mean of the probabilities of several models for the same images."""
    first = members[0]
    assert all(np.array_equal(each.ids, first.ids) for each in members), "members predict other images"
    return Predictions.of(mean_of([each.probabilities for each in members]), first.labels, first.ids)


def adjusted(
    found: Predictions, validation: Predictions, calibration: Calibration, threshold: Threshold, positive: int | None
) -> tuple[Predictions, dict[str, float]]:
    """Predictions calibrated, and decided by a threshold, as the validation images tell.

    Returns: the changed predictions, and the temperature and the threshold that were chosen.
    """
    chosen: dict[str, float] = {}
    if calibration == "temperature":
        chosen["temperature"] = heat = temperature(validation.probabilities, validation.labels)
        validation, found = (
            Predictions.of(tempered(each.probabilities, heat), each.labels, each.ids) for each in (validation, found)
        )
    if threshold == "best_f1":
        assert positive is not None, "the planner asks for a positive class"
        scores, truth = validation.probabilities[:, positive], validation.labels == positive
        chosen["threshold"] = bar = best_threshold(scores, truth)
        found = dataclasses.replace(found, decisions=decided(found.probabilities, positive, bar))
    return found, chosen
