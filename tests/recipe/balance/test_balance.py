from __future__ import annotations

from typing import Literal

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.utils.class_weight import compute_class_weight

from ablation.errors import UserError
from ablation.recipe.balance import (
    BalanceSettings,
    balances_twice,
    class_weights,
    draw_order,
    sampling_weights,
    twice_text,
)

COUNTS = st.lists(st.integers(1, 5000), min_size=2, max_size=12).map(np.array)
POWERS = st.floats(0.01, 1)


def weighted(power: float = 1.0) -> BalanceSettings:
    return BalanceSettings(class_weights="balanced", sampling="weighted", power=power)


def test_document_002s_figures() -> None:
    found = class_weights(weighted(), np.array([624, 415]))
    assert found.round(3).tolist() == [0.833, 1.252]


@hypothesis.settings(deadline=None)  # scikit-learn takes its time on the first call
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


def test_document_004s_cube_root_with_caps_is_that_worked_out_by_hand() -> None:
    counts = np.array([8000, 1000, 125, 27])
    inverse = [1 / 20, 1 / 10, 1 / 5, 1 / 3]
    total = 8000 / 20 + 1000 / 10 + 125 / 5 + 27 / 3  # 534
    by_hand = [9152 / 534 * each for each in inverse]  # 0.857, 1.714, 3.428, 5.713
    settings = BalanceSettings(class_weights="balanced", power=1 / 3)
    np.testing.assert_allclose(total, 534)
    np.testing.assert_allclose(class_weights(settings, counts), by_hand)
    capped = settings.model_copy(update={"least": 0.7, "most": 1.3})
    np.testing.assert_allclose(class_weights(capped, counts), [by_hand[0], 1.3, 1.3, 1.3])
    raised = settings.model_copy(update={"least": 0.9, "most": None})
    np.testing.assert_allclose(class_weights(raised, counts), [0.9, *by_hand[1:]])


@given(counts=COUNTS, power=POWERS, least=st.floats(0.1, 1), most=st.floats(1, 10))
def test_caps_bound_the_weights_and_leave_those_between_them_alone(
    counts: np.ndarray, power: float, least: float, most: float
) -> None:
    free = class_weights(weighted(power), counts)
    settings = weighted(power).model_copy(update={"least": least, "most": most})
    for weight, capped in zip(free, class_weights(settings, counts), strict=True):
        assert capped == min(max(weight, least), most)


def test_sampling_weighs_each_example_as_its_capped_class() -> None:
    labels = np.array([2, 0, 2, 0, 0, 0, 0, 0, 0, 3])  # class 1 has no images
    settings = weighted().model_copy(update={"least": 0.7, "most": 1.3})
    counts = np.array([7, 2, 1])
    by_class = dict(zip([0, 2, 3], np.clip(10 / (3 * counts), 0.7, 1.3), strict=True))
    found = sampling_weights(settings, labels)
    np.testing.assert_allclose(found, [by_class[label] for label in labels.tolist()])


@given(labels=st.lists(st.integers(0, 9), min_size=1, max_size=300).map(np.array), power=POWERS)
def test_without_caps_the_sampling_weights_are_to_the_bit_inverse_frequencies(labels: np.ndarray, power: float) -> None:
    frequencies = np.bincount(labels)[labels].astype(np.float64)
    assert sampling_weights(weighted(power), labels).tolist() == (frequencies**-power).tolist()  # type: ignore[union-attr]


@pytest.mark.parametrize("cap", ["least", "most"])
def test_a_cap_without_anything_to_apply_to_is_refused(cap: str) -> None:
    with pytest.raises(ValidationError, match=f"{cap} has no effect"):
        BalanceSettings.model_validate({cap: 1.0})


def test_caps_that_cross_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"least 1\.3 is above most 0\.7"):
        BalanceSettings(class_weights="balanced", least=1.3, most=0.7)


@pytest.mark.parametrize("cap", ["least", "most"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("inf")])
def test_a_cap_outside_its_range_is_refused(cap: str, value: float) -> None:
    with pytest.raises(ValidationError, match=cap):
        BalanceSettings.model_validate({"class_weights": "balanced", cap: value})


def test_weights_and_sampling_together_are_reported_with_their_joint_power() -> None:
    assert [balances_twice(BalanceSettings(class_weights="balanced")), balances_twice(weighted())] == [False, True]
    assert "together by frequency ** -2: that lets rare classes outweigh frequent ones" in twice_text(weighted())
    assert "together by frequency ** -1: that does no more than even the classes out" in twice_text(weighted(0.5))
    capped = weighted(1 / 3).model_copy(update={"most": 1.3})
    assert "frequency ** -0.667 before the caps" in twice_text(capped)


def test_the_joint_power_is_what_classes_come_to_in_the_loss() -> None:
    counts, settings = np.array([900, 100]), weighted(0.5)
    labels = np.repeat([0, 1], counts)
    drawn = labels[draw_order(sampling_weights(settings, labels), len(labels), np.random.default_rng(0))]
    charged = np.bincount(drawn) * class_weights(settings, counts)  # what the loss sums to if all examples cost 1
    assert charged[1] / charged[0] == pytest.approx(1.0, abs=0.1)
