from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from ablation.errors import UserError
from ablation.recipe.data.draw import draw, draw_groups


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(0, 2**32 - 1), st.data())
def test_a_draw_has_the_counts_it_was_asked_for(labels: list[int], seed: int, data: st.DataObject) -> None:
    have = np.bincount(labels, minlength=4)
    counts = np.array([data.draw(st.integers(0, int(most))) for most in have])
    chosen = draw(np.array(labels), counts, np.random.default_rng(seed))
    assert np.bincount(np.array(labels)[chosen], minlength=4).tolist() == counts.tolist()


def test_a_smaller_draw_is_a_subset_of_a_larger_one() -> None:
    labels = np.random.default_rng(0).integers(0, 3, 100)
    small, large = (draw(labels, np.full(3, count), np.random.default_rng(5)) for count in (4, 20))
    assert (large | ~small).all()


def test_all_images_of_a_class_are_equally_likely() -> None:
    rng, labels = np.random.default_rng(3), np.array([0] * 10 + [1] * 5)
    hits = sum(draw(labels, np.array([3, 2]), rng).astype(int) for _ in range(4000))
    assert chisquare(hits[:10]).pvalue > 0.001
    assert chisquare(hits[10:]).pvalue > 0.001


@pytest.mark.parametrize("seed", range(20))
def test_groups_stay_whole_and_classes_come_near_the_wanted_counts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = np.sort(rng.integers(0, 120, 1000))
    labels = rng.choice(4, 1000, p=[0.6, 0.25, 0.1, 0.05])
    wanted = np.bincount(labels) // 5
    chosen = draw_groups(labels, groups, wanted, 1, rng)
    assert not set(groups[chosen]) & set(groups[~chosen])
    assert (abs(np.bincount(labels[chosen], minlength=4) - wanted) <= np.maximum(0.35 * wanted, 6)).all()


def test_groups_that_cannot_be_split_are_refused() -> None:
    groups, labels = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 0])
    with pytest.raises(UserError, match="cannot be split"):
        draw_groups(labels, groups, np.array([1, 1]), 1, np.random.default_rng(0))
