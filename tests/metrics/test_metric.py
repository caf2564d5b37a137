"""What holds of a metric as such, what predictions are refused, and the sizes, strata and spread of a bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predicted import made

from ablation.metrics.metric import Metric, Predicted, bootstrap_weights, mean_weighted
from ablation.metrics.recall import ACCURACY


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
    predicted = made(300, 4, seed=3)
    weights = bootstrap_weights(predicted.labels, 4000, np.random.default_rng(1), by_class=False)
    hits = predicted.labels == predicted.decisions
    assert ACCURACY.weighted(predicted, weights).std() == pytest.approx(hits.std() / np.sqrt(300), rel=0.05)


def test_the_same_generator_gives_the_same_resamples() -> None:
    labels = np.arange(30) % 3
    one, other = (bootstrap_weights(labels, 4, np.random.default_rng(5), by_class=True) for _ in range(2))
    assert np.array_equal(one, other)
