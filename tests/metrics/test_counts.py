"""Counts against scikit-learn's confusion matrix of the examples repeated."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from predicted import ANY, repeated
from sklearn.metrics import confusion_matrix

from ablation.metrics.counts import ConfusionCounts
from ablation.metrics.metric import Predicted


@given(predicted=ANY, seed=st.integers(0, 1000))
def test_they_are_the_sums_and_the_diagonal_of_the_confusion_matrix(predicted: Predicted, seed: int) -> None:
    weights = np.random.default_rng(seed).integers(1, 4, size=(2, len(predicted.labels)), dtype=np.int32)
    counts, classes = ConfusionCounts.of(predicted, weights), range(predicted.probabilities.shape[1])
    for row, times in enumerate(weights):
        again = repeated(predicted, times)
        matrix = confusion_matrix(again.labels, again.decisions, labels=classes)
        assert counts.actual[row].tolist() == matrix.sum(axis=1).tolist()
        assert counts.predicted[row].tolist() == matrix.sum(axis=0).tolist()
        assert counts.correct[row].tolist() == matrix.diagonal().tolist()
