"""Log-loss and the Brier score against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from predicted import ANY, EXACT
from sklearn import metrics as sk

from ablation.metrics.metric import Predicted
from ablation.metrics.probability import BRIER, LOG_LOSS


@given(predicted=ANY)
def test_log_loss_equals_scikit_learns_in_double_precision(predicted: Predicted) -> None:
    rows = predicted.probabilities.astype(float)
    classes = np.arange(rows.shape[1])
    expected = sk.log_loss(predicted.labels, rows / rows.sum(axis=1, keepdims=True), labels=classes)
    assert LOG_LOSS.value(predicted) == pytest.approx(expected, rel=EXACT, abs=EXACT)


@given(predicted=ANY)
def test_the_brier_score_is_the_squared_distance_from_the_truth(predicted: Predicted) -> None:
    truth = np.eye(predicted.probabilities.shape[1])[predicted.labels]
    expected = sk.mean_squared_error(truth, predicted.probabilities.astype(float)) * truth.shape[1]
    assert BRIER.value(predicted) == pytest.approx(expected, rel=EXACT, abs=EXACT)


def test_a_probability_of_zero_costs_a_finite_log_loss() -> None:
    wrong = Predicted.of(np.array([[1.0, 0.0]], dtype=np.float32), np.array([1]))
    assert LOG_LOSS.value(wrong) == pytest.approx(52 * np.log(2))
