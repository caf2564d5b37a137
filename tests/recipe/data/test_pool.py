"""What is held out from a pool of images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ablation.errors import UserError
from ablation.recipe.data.counts import allocate
from ablation.recipe.data.pool import Pool, check_classes, held_out


def pool(labels: object, groups: object = None) -> Pool:
    given = np.asarray(labels, dtype=np.int64)
    names = tuple("abcdefgh"[: given.max() + 1])
    return Pool(np.arange(len(given)) * 3, given, None if groups is None else np.asarray(groups), None, names)


@settings(max_examples=20)
@given(st.lists(st.integers(4, 30), min_size=1, max_size=4), st.floats(0.1, 0.6), st.integers(0, 99))
def test_both_sides_share_the_images_and_each_class_keeps_its_share(sizes: list[int], size: float, seed: int) -> None:
    whole = pool(np.repeat(range(len(sizes)), sizes))
    held, rest = held_out(whole, size, "test_size", 1, np.random.default_rng(seed))
    assert sorted([*held.ids, *rest.ids]) == whole.ids.tolist()
    assert len(held.ids) == max(round(size * sum(sizes)), len(sizes))
    assert (held.counts + rest.counts).tolist() == sizes
    assert held.counts.tolist() == allocate(whole.counts, len(held.ids), leave=1).tolist()
    assert (rest.counts >= 1).all()


def test_groups_are_on_one_side() -> None:
    groups = np.arange(40) // 2
    held, rest = held_out(pool(np.arange(40) // 2 % 2, groups), 10, "test_size", 1, np.random.default_rng(0))
    assert held.groups is not None
    assert rest.groups is not None
    assert not set(held.groups) & set(rest.groups)


@pytest.mark.parametrize(
    ("size", "labels", "groups", "place", "problem"),
    [
        (1, [0, 0, 1, 1], None, "data.test_size", "1 images for 2 classes"),
        (3, [0, 0, 1, 1], None, "data.test_size", "3 of 4 images leaves too few"),
        (2, [0, 0, 1], None, "data.classes", "at least 2 of every class; class 'b' has 1 image"),
        (2, [0, 0, 1, 1], [0, 1, 2, 2], "data.group", "class 'b' stands in 1 group, and the splits need 2"),
    ],
)
def test_a_size_that_leaves_too_little_is_refused(
    size: int, labels: list[int], groups: list[int] | None, place: str, problem: str
) -> None:
    with pytest.raises(UserError, match=problem) as caught:
        held_out(pool(labels, groups), size, "test_size", 1, np.random.default_rng(0))
    assert caught.value.place == place


def test_who_needs_more_images_is_in_the_message() -> None:
    with pytest.raises(UserError, match="frozen stages needs at least 3 of every class"):
        check_classes(pool([0, 0, 1, 1]), 3, "frozen stages")
