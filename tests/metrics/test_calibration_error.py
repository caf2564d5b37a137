"""The calibration error against a loop over its bins."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from predicted import ANY

from ablation.metrics.calibration_error import ECE
from ablation.metrics.metric import Predicted


@given(predicted=ANY)
def test_it_equals_a_loop_over_its_bins(predicted: Predicted) -> None:
    confidence = predicted.probabilities.max(axis=1).astype(float)
    hit = predicted.probabilities.argmax(axis=1) == predicted.labels
    expected, edges = 0.0, np.arange(16) / 15
    for low, high in itertools.pairwise(edges):
        inside = (confidence * 15 >= low * 15) & ((confidence * 15 < high * 15) | (high == 1))
        if inside.any():
            expected += inside.mean() * abs(hit[inside].mean() - confidence[inside].mean())
    assert ECE.value(predicted) == pytest.approx(expected, abs=1e-9)


def test_a_perfectly_sure_and_right_classifier_has_none() -> None:
    assert ECE.value(Predicted.of(np.eye(3, dtype=np.float32), np.arange(3))) == 0.0
