from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from ablation.recipe.data.noise import noisy

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=200).map(lambda labels: np.array(labels, dtype=np.int64))


def changed(labels: np.ndarray, share: float, seed: int = 0, classes: int = 5) -> np.ndarray:
    return noisy(labels, classes, share, np.random.default_rng(seed))


@given(labels=LABELS, share=st.floats(0, 0.99), seed=st.integers(0, 99))
def test_each_class_loses_its_share_within_half_a_label(labels: np.ndarray, share: float, seed: int) -> None:
    found = changed(labels, share, seed)
    for label in range(5):
        of_class = labels == label
        assert abs((found[of_class] != label).sum() - share * of_class.sum()) <= 0.5
    assert set(found) <= set(range(5))
    assert found.dtype == np.int64


@given(labels=LABELS, small=st.floats(0, 0.99), large=st.floats(0, 0.99))
def test_more_noise_keeps_what_less_noise_made_wrong(labels: np.ndarray, small: float, large: float) -> None:
    less, more = changed(labels, min(small, large)), changed(labels, max(small, large))
    wrong = less != labels
    np.testing.assert_array_equal(less[wrong], more[wrong])


@pytest.mark.parametrize("label", range(4))
def test_all_other_classes_are_equally_likely(label: int) -> None:
    labels = np.full(9000, label)
    found = changed(labels, 2 / 3, classes=4)
    hits = np.bincount(found[found != label], minlength=4)
    assert hits.sum() == 6000
    assert chisquare(np.delete(hits, label)).pvalue > 0.01


def test_the_labels_given_stay_as_they_are() -> None:
    labels = np.repeat([0, 1], 50)
    assert (changed(labels, 0.5, classes=2) != labels).sum() == 50
    np.testing.assert_array_equal(labels, np.repeat([0, 1], 50))
