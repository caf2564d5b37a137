from __future__ import annotations

from itertools import chain, combinations

import pytest
from rungs_and_needs import NONE

from ablation.errors import UserError
from ablation.experiment.config.designs.full import full


@pytest.mark.parametrize("count", range(6))
def test_full_is_the_power_set(count: int) -> None:
    names = "abcde"[:count]
    found = [pick.rungs for pick in full(names, NONE)]
    assert sorted(found) == sorted(chain.from_iterable(combinations(names, size) for size in range(count + 1)))
    assert found[0] == ()


def test_more_rungs_than_it_can_take_are_refused_with_another_design() -> None:
    with pytest.raises(UserError, match=r"^designs: full is for at most 5 rungs: 6 would be 64 variants\n.*both_ends"):
        full("abcdefghijklmnopq"[:6], NONE)


def test_a_rung_that_cannot_stand_alone_is_refused() -> None:
    with pytest.raises(UserError, match=r"^designs: .* b requires a\n.*both_ends"):
        full("abc", NONE | {"b": ("a",)})
