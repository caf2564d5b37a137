"""Accuracy and recall against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from predicted import ANY, EXACT
from sklearn import metrics as sk

from ablation.metrics.metric import Predicted
from ablation.metrics.recall import ACCURACY, BALANCED_ACCURACY, MACRO_RECALL


@given(predicted=ANY)
def test_they_equal_scikit_learn_over_the_classes_present(predicted: Predicted) -> None:
    labels, decisions, present = predicted.labels, predicted.decisions, np.unique(predicted.labels)
    assert ACCURACY.value(predicted) == pytest.approx(sk.accuracy_score(labels, decisions), abs=EXACT)
    recall = sk.recall_score(labels, decisions, labels=present, average="macro", zero_division=0)
    assert BALANCED_ACCURACY.value(predicted) == pytest.approx(recall, abs=EXACT)
    assert MACRO_RECALL.value(predicted) == pytest.approx(recall, abs=EXACT)


def test_balanced_accuracy_is_scikit_learns_where_every_class_is_there() -> None:
    generator = np.random.default_rng(0)
    labels, decisions = np.arange(90) % 3, generator.integers(3, size=90)
    predicted = Predicted(np.eye(3, dtype=np.float32)[decisions], labels, decisions)
    assert BALANCED_ACCURACY.value(predicted) == pytest.approx(sk.balanced_accuracy_score(labels, decisions), abs=EXACT)
