from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_curve

from ablation.recipe.inference.threshold import ARGMAX, best_threshold, decided

scored = st.lists(
    st.tuples(st.one_of(st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0]), st.floats(0, 1, width=32)), st.booleans()),
    min_size=1,
    max_size=25,
).map(lambda pairs: (np.array([p for p, _ in pairs], dtype=np.float32), np.array([y for _, y in pairs])))


def f1(scores: np.ndarray, labels: np.ndarray, threshold: float) -> float:
    return f1_score(labels, scores.astype(float) >= threshold, zero_division=0)


@settings(max_examples=40, deadline=None)
@given(scored)
def test_no_other_threshold_has_a_better_f1(case: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = case
    best = max(f1(scores, labels, float(each)) for each in scores)  # deciding "none" scores 0
    assert f1(scores, labels, best_threshold(scores, labels)) == best


@settings(max_examples=40, deadline=None)
@given(scored)
def test_half_is_kept_where_nothing_is_better(case: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = case
    chosen = best_threshold(scores, labels)
    assert 0 <= chosen < 1
    if chosen != ARGMAX:
        assert f1(scores, labels, chosen) > f1(scores, labels, ARGMAX)


def test_it_reaches_the_best_point_of_scikit_learns_curve() -> None:
    generator = np.random.default_rng(0)
    labels = generator.random(2000) < 0.1
    scores = (1 / (1 + np.exp(3 - 2 * labels - generator.normal(size=2000)))).astype(np.float32)
    precision, recall, _ = precision_recall_curve(labels, scores)
    assert f1(scores, labels, best_threshold(scores, labels)) == pytest.approx(
        (2 * precision * recall / np.maximum(precision + recall, 1e-12)).max()
    )


def test_of_calibrated_probabilities_it_is_half_the_best_f1() -> None:
    """Lipton et al. 2014, theorem 1."""
    generator = np.random.default_rng(1)
    scores = generator.beta(0.5, 3, size=200_000).astype(np.float32)
    labels = generator.random(200_000) < scores
    chosen = best_threshold(scores, labels)
    assert chosen == pytest.approx(f1(scores, labels, chosen) / 2, abs=0.02)


def test_equal_scores_fall_on_one_side() -> None:
    scores = np.array([0.1, 0.4, 0.4, 0.4, 0.9], dtype=np.float32)
    assert best_threshold(scores, np.array([False, True, True, False, True])) == pytest.approx(0.25)


def test_neighbouring_float32_are_parted() -> None:
    low = np.float32(0.3)
    high = np.nextafter(low, np.float32(1))
    chosen = best_threshold(np.array([low, high], dtype=np.float32), np.array([False, True]))
    both = np.array([[1 - low, low], [1 - high, high]], dtype=np.float32)
    assert decided(both, 1, chosen).tolist() == [0, 1]


def test_without_a_positive_example_the_decision_is_argmaxs() -> None:
    assert best_threshold(np.array([0.9, 0.2], dtype=np.float32), np.array([False, False])) == ARGMAX


def test_where_all_are_positive_all_are_taken() -> None:
    scores = np.array([0.0, 0.2, 0.9], dtype=np.float32)
    assert f1(scores, np.ones(3, dtype=bool), best_threshold(scores, np.ones(3, dtype=bool))) == 1.0


@pytest.mark.parametrize("positive", [0, 1])
def test_a_threshold_of_half_decides_as_argmax(positive: int) -> None:
    chance = np.random.default_rng(3).random(500).astype(np.float32)
    probabilities = np.stack([chance, 1 - chance], axis=1)
    found = decided(probabilities, positive, ARGMAX)
    assert np.array_equal(found, probabilities.argmax(axis=1))
    assert found.dtype == np.int64


@pytest.mark.parametrize(("positive", "expected"), [(0, [1, 0, 0]), (1, [1, 1, 0])])
def test_the_positive_class_is_taken_from_the_threshold_on(positive: int, expected: list[int]) -> None:
    probabilities = np.array([[0.25, 0.75], [0.75, 0.25], [0.875, 0.125]], dtype=np.float32)
    threshold = 0.5 if positive == 0 else 0.25
    assert decided(probabilities, positive, threshold).tolist() == expected
