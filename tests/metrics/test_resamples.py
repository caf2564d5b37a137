"""Metrics of resamples against the metric's own formula, mostly scikit-learn's, on examples literally repeated."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ablation.errors import UserError
from ablation.metrics.resamples import RESAMPLED, bootstrap_weights, resampled_scores, score
from ablation.metrics.scores import METRICS, Predicted, class_accuracy_metric


def made(n: int, classes: int, seed: int, levels: int) -> Predicted:
    """Random examples with many ties among their probabilities; classes may be absent, or never predicted."""
    generator = np.random.default_rng(seed)
    counts = generator.integers(1, levels + 1, size=(n, classes)).astype(np.float32)
    rows = counts / counts.sum(axis=1, keepdims=True)
    labels = generator.integers(generator.integers(1, classes + 1), size=n)
    decisions = generator.integers(generator.integers(1, classes + 1), size=n)
    return Predicted(rows, labels, np.where(generator.random(n) < 0.5, labels, decisions), positive=1)


def repeated(predicted: Predicted, weights: np.ndarray) -> Predicted:
    """The examples, each as often as its weight says."""
    arrays = (predicted.probabilities, predicted.labels, predicted.decisions)
    return Predicted(*(np.repeat(each, weights, axis=0) for each in arrays), positive=predicted.positive)


def test_every_metric_can_be_resampled() -> None:
    assert list(RESAMPLED) == list(METRICS)


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 30),
    classes=st.integers(2, 5),
    seed=st.integers(0, 10_000),
    levels=st.integers(1, 12),
    by_class=st.booleans(),
)
def test_a_resample_scores_as_the_same_examples_repeated(n, classes, seed, levels, by_class):
    predicted = made(n, classes, seed, levels)
    weights = bootstrap_weights(predicted.labels, 2, np.random.default_rng(seed), by_class)
    told = [repeated(predicted, each) for each in weights]
    for name, each in METRICS.items():
        expected = [each.formula(one) for one in told]
        found = resampled_scores(name, predicted, weights)
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True), name
    own = class_accuracy_metric("second", 1)
    expected = [own.formula(one) for one in told]
    assert resampled_scores(own, predicted, weights) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("levels", [3, 10_000])
def test_the_score_of_kept_predictions_is_the_metric(name: str, levels: int) -> None:
    predicted = made(400, 6, seed=3, levels=levels)
    assert score(name, predicted) == pytest.approx(METRICS[name].formula(predicted), rel=1e-12)


def test_the_score_without_a_positive_class_is_undefined_for_f1_alone() -> None:
    predicted = made(60, 3, seed=0, levels=9)
    unnamed = Predicted(predicted.probabilities, np.arange(60) % 3, predicted.decisions)
    assert [name for name in METRICS if np.isnan(score(name, unnamed))] == ["f1"]


def test_all_equal_probabilities_rank_nothing() -> None:
    labels = np.array([0, 0, 0, 1])
    predicted = Predicted(np.full((4, 2), 0.5, dtype=np.float32), labels, np.zeros(4, dtype=np.int64))
    assert score("auroc", predicted) == 0.5
    assert score("average_precision", predicted) == 0.5  # 3/4 and 1/4, averaged
    assert score("mcc", predicted) == 0.0


def test_a_misspelt_metric_names_the_nearest() -> None:
    with pytest.raises(UserError, match="macro_f1"):
        score("macrof1", made(3, 2, 0, 5))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.integers(0, 1000))
def test_a_stratified_resample_keeps_the_number_of_each_class(labels: list[int], seed: int) -> None:
    given_labels = np.array(labels)
    weights = bootstrap_weights(given_labels, 5, np.random.default_rng(seed), by_class=True)
    assert weights.shape == (5, len(labels))
    for each in set(labels):
        assert set(weights[:, given_labels == each].sum(axis=1)) == {max(1, labels.count(each) - 1)}


def test_a_plain_resample_draws_each_example_alike() -> None:
    labels = np.repeat([0, 1], [3, 37])
    weights = bootstrap_weights(labels, 4000, np.random.default_rng(0), by_class=False)
    assert set(weights.sum(axis=1)) == {39}
    assert weights.mean(axis=0) == pytest.approx(np.full(40, 0.975), abs=5 * np.sqrt(0.975 / 4000))
    assert weights.var(axis=0) == pytest.approx(np.full(40, 0.975), abs=0.2)
    assert len(set(weights[:, labels == 0].sum(axis=1))) > 5


def test_the_spread_over_resamples_of_a_mean_is_its_standard_error() -> None:
    predicted = made(300, 4, seed=2, levels=50)
    weights = bootstrap_weights(predicted.labels, 4000, np.random.default_rng(1), by_class=False)
    hits = predicted.labels == predicted.decisions
    assert resampled_scores("accuracy", predicted, weights).std() == pytest.approx(hits.std() / np.sqrt(300), rel=0.05)


def test_the_same_generator_gives_the_same_resamples() -> None:
    labels = np.arange(30) % 3
    one, other = (bootstrap_weights(labels, 4, np.random.default_rng(5), by_class=True) for _ in range(2))
    assert np.array_equal(one, other)


def test_five_hundred_resamples_of_two_thousand_examples_take_under_a_second() -> None:
    predicted = made(2000, 10, seed=0, levels=1000)
    weights = bootstrap_weights(predicted.labels, 500, np.random.default_rng(0), by_class=True)
    start = time.process_time()
    resampled_scores("auroc", predicted, weights)
    assert time.process_time() - start < 1
