"""What holds of a metric as such, and what predictions are refused."""

from __future__ import annotations

import numpy as np
import pytest
from predicted import made

from ablation.metrics.metric import Metric, Predicted, mean_weighted


@pytest.mark.parametrize(("unit", "higher", "scale", "gain"), [("points", True, 100, 100), ("nats", False, 1, -1)])
def test_a_gain_is_positive_when_better_and_proportions_are_shown_in_points(unit, higher, scale, gain):
    metric = Metric("any", "any", unit, higher_is_better=higher, weighted=lambda predicted, weights: np.zeros(1))
    assert (metric.scale, metric.gain_scale, metric.name_in_epochs) == (scale, gain, "any")


def test_a_value_is_the_formula_with_every_weight_1() -> None:
    metric = Metric("size", "size", "", higher_is_better=True, weighted=lambda _, weights: weights.sum(axis=1))
    assert metric.value(made(17, 3, 0)) == 17.0


def test_a_weighted_mean_is_undefined_without_weight() -> None:
    weights = np.array([[1, 3], [0, 0]], dtype=np.int32)
    assert mean_weighted(np.array([0.0, 1.0]), weights) == pytest.approx([0.75, np.nan], nan_ok=True)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_probabilities_that_are_no_numbers_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="NaN or infinity"):
        Predicted.of(np.array([[0.5, number]], dtype=np.float32), np.array([0]))
