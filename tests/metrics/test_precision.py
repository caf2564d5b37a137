"""Precision and F1 against scikit-learn."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from predicted import ANY, EXACT, made
from sklearn import metrics as sk

from ablation.metrics.metric import Predicted
from ablation.metrics.precision import F1, MACRO_F1, MACRO_PRECISION


@given(predicted=ANY)
def test_macro_scores_equal_scikit_learns_over_the_classes_present(predicted: Predicted) -> None:
    options = {"labels": np.unique(predicted.labels), "average": "macro", "zero_division": 0}
    f1 = sk.f1_score(predicted.labels, predicted.decisions, **options)
    precision = sk.precision_score(predicted.labels, predicted.decisions, **options)
    assert MACRO_F1.value(predicted) == pytest.approx(f1, abs=EXACT)
    assert MACRO_PRECISION.value(predicted) == pytest.approx(precision, abs=EXACT)


@given(predicted=ANY)
def test_f1_is_scikit_learns_of_the_positive_class_where_that_has_examples(predicted: Predicted) -> None:
    value = F1.value(predicted)
    if 1 not in predicted.labels:
        assert np.isnan(value)
    else:
        expected = sk.f1_score(predicted.labels == 1, predicted.decisions == 1)
        assert value == pytest.approx(expected, abs=EXACT)


def test_f1_is_undefined_without_a_positive_class() -> None:
    assert np.isnan(F1.value(dataclasses.replace(made(20, 3, 0), positive=None)))


def test_an_absent_class_is_left_out_of_the_averages() -> None:
    labels, decisions = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    predicted = Predicted(np.eye(3, dtype=np.float32)[decisions], labels, decisions)
    assert MACRO_PRECISION.value(predicted) == pytest.approx(1.0)
    assert MACRO_F1.value(predicted) == pytest.approx((2 / 3 + 1) / 2)
