"""AUROC and average precision against scikit-learn, one class against the rest."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from predicted import ANY, EXACT, made
from sklearn import metrics as sk

from ablation.metrics.metric import Predicted, bootstrap_weights
from ablation.metrics.ranking import AUROC, AVERAGE_PRECISION


@given(predicted=ANY)
def test_they_are_the_mean_of_scikit_learns_of_each_class_present(predicted: Predicted) -> None:
    pairs = [(predicted.labels == each, predicted.probabilities[:, each]) for each in np.unique(predicted.labels)]
    precision = np.mean([sk.average_precision_score(*pair) for pair in pairs])
    assert AVERAGE_PRECISION.value(predicted) == pytest.approx(precision, abs=EXACT)
    if len(pairs) > 1:
        assert AUROC.value(predicted) == pytest.approx(np.mean([sk.roc_auc_score(*pair) for pair in pairs]), abs=EXACT)
    else:
        assert np.isnan(AUROC.value(predicted))


def test_auroc_of_three_classes_is_scikit_learns_one_versus_rest() -> None:
    predicted = made(300, 3, seed=6)
    assert len(np.unique(predicted.labels)) == 3
    double = predicted.probabilities.astype(float)
    double /= double.sum(axis=1, keepdims=True)
    expected = sk.roc_auc_score(predicted.labels, double, multi_class="ovr", average="macro")
    assert AUROC.value(predicted) == pytest.approx(expected, abs=1e-6)  # of float32 probabilities, which tie otherwise


def test_all_equal_probabilities_rank_nothing() -> None:
    labels = np.array([0, 0, 0, 1])
    predicted = Predicted(np.full((4, 2), 0.5, dtype=np.float32), labels, np.zeros(4, dtype=np.int64))
    assert AUROC.value(predicted) == 0.5
    assert AVERAGE_PRECISION.value(predicted) == 0.5  # 3/4 and 1/4, averaged


def test_five_hundred_resamples_of_two_thousand_examples_take_under_a_second() -> None:
    predicted = made(2000, 10, seed=0, levels=1000)
    weights = bootstrap_weights(predicted.labels, 500, np.random.default_rng(0), by_class=True)
    start = time.process_time()
    AUROC.weighted(predicted, weights)
    assert time.process_time() - start < 1
