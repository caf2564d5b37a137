"""Figures of single classes, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predicted import made

from ablation.metrics.metric import Predicted
from ablation.metrics.per_class import class_accuracy, class_accuracy_metric, predicted_shares


@given(st.integers(2, 6), st.data())
def test_class_accuracy_is_the_share_found_of_each_class_and_undefined_without_examples(classes, data):
    pairs = st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1))
    decisions, labels = np.array(data.draw(st.lists(pairs, min_size=1, max_size=30))).T
    found = class_accuracy(decisions, labels, classes)
    for each in range(classes):
        of_it = [taken for taken, label in zip(decisions, labels, strict=True) if label == each]
        assert found[each] == of_it.count(each) / len(of_it) if of_it else np.isnan(found[each])
    assert len(found) == classes


@given(st.integers(2, 6), st.data())
def test_predicted_shares_count_every_decision_once(classes, data):
    decisions = data.draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=30))
    found = predicted_shares(np.array(decisions), classes)
    assert found.tolist() == [decisions.count(each) / len(decisions) for each in range(classes)]


def test_a_classs_own_accuracy_is_the_mean_over_its_examples() -> None:
    predicted = made(60, 4, seed=1)
    own = class_accuracy_metric("cat", 0)
    assert own.per_example is not None
    found, of_class = own.per_example(predicted), predicted.labels == 0
    assert found.tolist() == (predicted.decisions[of_class] == 0).astype(float).tolist()
    assert found.mean() == own.value(predicted)
    assert (own.name, own.unit, own.scale, own.higher_is_better) == ("class_accuracy/cat", "points", 100, True)


def test_the_accuracy_of_a_class_without_examples_is_undefined() -> None:
    predicted = Predicted.of(np.eye(3, dtype=np.float32)[:2], np.array([0, 1]))
    absent = class_accuracy_metric("none", 2)
    assert np.isnan(absent.value(predicted))
    assert absent.per_example is not None
    assert absent.per_example(predicted).shape == (0,)


def test_resamples_weigh_the_examples_of_the_class_alone() -> None:
    predicted = Predicted.of(np.eye(2, dtype=np.float32)[[0, 1, 1, 1]], np.array([0, 0, 1, 1]))
    weights = np.array([[1, 3, 9, 9], [2, 0, 1, 1], [0, 0, 1, 1]], dtype=np.int32)
    assert class_accuracy_metric("a", 0).weighted(predicted, weights) == pytest.approx([0.25, 1, np.nan], nan_ok=True)
