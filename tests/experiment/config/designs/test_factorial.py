from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from rungs_and_needs import NONE

from ablation.errors import UserError
from ablation.experiment.config.designs.factorial import factorial, fraction


@pytest.mark.parametrize("count", range(1, 17))
def test_each_rung_is_in_half_of_the_subsets(count: int) -> None:
    names = "abcdefghijklmnop"[:count]
    picks = factorial(names, NONE)
    assert all(2 * sum(name in pick.rungs for pick in picks) == len(picks) for name in names)
    assert len({pick.rungs for pick in picks}) == len(picks)


def test_more_rungs_than_it_can_take_are_refused_with_another_design() -> None:
    with pytest.raises(UserError, match=r"^designs: factorial takes at most 16 rungs, and there are 17\n.*both_ends"):
        factorial("abcdefghijklmnopq"[:17], NONE)


def test_a_rung_that_cannot_stand_alone_is_refused() -> None:
    with pytest.raises(UserError, match=r"^designs: .* b requires a\n.*both_ends"):
        factorial("abc", NONE | {"b": ("a",)})


NAMES = "abcdefghijklmnop"


def signs(count: int) -> np.ndarray:
    """Shape (subsets, rungs): 1 where a subset holds the rung, else -1."""
    return np.array([[1 if name in held else -1 for name in NAMES[:count]] for held in fraction(NAMES[:count])])


@pytest.mark.parametrize(
    ("count", "size"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 8), (5, 16), (6, 16), (8, 16), (9, 32), (16, 32)]
)
def test_so_many_subsets_are_enough(count: int, size: int) -> None:
    found = fraction(NAMES[:count])
    assert len(found) == len(set(found)) == size
    assert found[0] == ()


@pytest.mark.parametrize("count", range(1, 17))
def test_main_effects_are_clear_of_each_other_and_of_interactions_of_two(count: int) -> None:
    columns = signs(count)
    np.testing.assert_array_equal(columns.sum(axis=0), 0)
    np.testing.assert_array_equal(columns.T @ columns, len(columns) * np.eye(count))
    for one, other in combinations(range(count), 2):
        both = columns[:, one] * columns[:, other]
        rest = [place for place in range(count) if place not in (one, other)]
        np.testing.assert_array_equal(both @ columns[:, rest], 0)


def test_of_five_rungs_interactions_of_two_are_clear_of_each_other_too() -> None:
    columns = signs(5)
    products = np.stack([columns[:, one] * columns[:, other] for one, other in combinations(range(5), 2)])
    np.testing.assert_array_equal(products @ products.T, 16 * np.eye(10))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 7, 8, 9, 12, 16])
def test_all_rungs_together_are_in_it_unless_there_are_five(count: int) -> None:
    assert tuple(NAMES[:count]) in fraction(NAMES[:count])
    assert tuple(NAMES[:5]) not in fraction(NAMES[:5])
