from __future__ import annotations

from hypothesis import given
from rungs_and_needs import needed_by, with_requirements

from ablation.experiment.config.designs.one_at_a_time import one_at_a_time


@given(with_requirements())
def test_a_rung_alone_stands_on_just_what_it_needs_and_that_is_picked_too(
    asked: tuple[list[str], dict[str, list[str]]],
) -> None:
    names, requires = asked
    picks = one_at_a_time(names, requires)
    subsets = {pick.rungs for pick in picks} | {()}
    for name in names:
        closure = tuple(each for each in names if each in needed_by(name, requires))
        assert {closure, tuple(each for each in closure if each != name)} <= subsets
    assert len(picks) == len(names) + sum(bool(requires[name]) for name in names)
