from __future__ import annotations

import pytest
from rungs_and_needs import NONE

from ablation.errors import UserError
from ablation.experiment.config.designs.factorial import factorial


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
