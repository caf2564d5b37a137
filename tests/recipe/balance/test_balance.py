from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.utils.class_weight import compute_class_weight

from ablation.errors import UserError
from ablation.recipe.balance import BalanceSettings, class_weights, draw_order, sampling_weights

COUNTS = st.lists(st.integers(1, 5000), min_size=2, max_size=12).map(np.array)
POWERS = st.floats(0.01, 1)


def weighted(power: float = 1.0) -> BalanceSettings:
    return BalanceSettings(class_weights="balanced", sampling="weighted", power=power)


def test_document_002s_figures() -> None:
    found = class_weights(weighted(), np.array([624, 415]))
    assert found.round(3).tolist() == [0.833, 1.252]


@given(counts=COUNTS)
def test_power_1_is_scikit_learns_balanced(counts: np.ndarray) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    theirs = compute_class_weight("balanced", classes=np.arange(len(counts)), y=labels)
    np.testing.assert_allclose(class_weights(weighted(), counts), theirs)


@given(counts=COUNTS, power=POWERS)
def test_weights_have_mean_1_over_the_examples_and_follow_the_power(counts: np.ndarray, power: float) -> None:
    found = class_weights(weighted(power), counts)
    assert counts @ found == pytest.approx(counts.sum())
    np.testing.assert_allclose(found / found[0], (counts[0] / counts) ** power)


def test_half_is_the_square_root_and_a_third_the_cube_root() -> None:
    counts = np.array([64, 1])
    ratios = [np.divide(*class_weights(weighted(power), counts)[::-1]) for power in (1, 1 / 2, 1 / 3)]
    np.testing.assert_allclose(ratios, [64, 8, 4])


def test_without_weights_every_class_counts_alike() -> None:
    assert class_weights(BalanceSettings(), np.array([7, 0, 3])).tolist() == [1, 1, 1]


def test_a_class_without_training_images_has_no_balanced_weight() -> None:
    with pytest.raises(UserError, match="class 1 has no training images"):
        class_weights(weighted(), np.array([7, 0, 3]))


@pytest.mark.parametrize("sampling", ["shuffle", "weighted"])
def test_an_epoch_has_as_many_draws_as_examples_and_is_repeatable(sampling: Literal["shuffle", "weighted"]) -> None:
    labels = np.repeat([0, 1], [90, 10])
    weights = sampling_weights(BalanceSettings(sampling=sampling), labels)
    first, second = (draw_order(weights, 100, np.random.default_rng(5)) for _ in range(2))
    assert first.shape == (100,)
    np.testing.assert_array_equal(first, second)


def test_shuffling_shows_each_example_once() -> None:
    assert sampling_weights(BalanceSettings(), np.array([0, 1])) is None
    assert sorted(draw_order(None, 50, np.random.default_rng(0))) == list(range(50))


@pytest.mark.parametrize(("power", "share"), [(1.0, 1 / 2), (0.5, 1 / 4)])
def test_weighted_sampling_draws_the_classes_in_proportion(power: float, share: float) -> None:
    labels = np.repeat([0, 1], [9000, 1000])
    weights = sampling_weights(weighted(power), labels)
    drawn = labels[draw_order(weights, len(labels), np.random.default_rng(0))]
    assert drawn.mean() == pytest.approx(share, abs=0.02)


def test_weighted_sampling_weighs_as_document_000s_sampler() -> None:
    labels = np.repeat([0, 1, 2], [5, 3, 2])
    document = [len(labels) / (3 * np.count_nonzero(labels == label)) for label in labels]
    found = sampling_weights(weighted(), labels)
    assert found is not None
    np.testing.assert_allclose(found / found.sum(), document / np.sum(document))


def test_a_power_without_anything_to_apply_to_is_refused() -> None:
    with pytest.raises(ValidationError, match="power has no effect"):
        BalanceSettings(power=0.5)


@pytest.mark.parametrize("power", [0.0, -1.0, 1.5])
def test_a_power_outside_its_range_is_refused(power: float) -> None:
    with pytest.raises(ValidationError, match="power"):
        weighted(power)
