from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.errors import UserError
from ablation.experiment.config.designs import (
    DESIGNS,
    DesignName,
    Pick,
    both_ends,
    factorial,
    full,
    ladder,
    leave_one_out,
    one_at_a_time,
)

rungs = st.lists(st.sampled_from("abcdef"), unique=True, min_size=1)
NONE: dict[str, tuple[str, ...]] = dict.fromkeys("abcdefghijklmnopq", ())


@st.composite
def with_requirements(draw: st.DrawFn) -> tuple[list[str], dict[str, list[str]]]:
    names = draw(rungs)
    needs = {
        name: draw(st.lists(st.sampled_from(names[:place]), unique=True)) if place else []
        for place, name in enumerate(names)
    }
    return names, needs


def needed_by(name: str, requires: dict[str, list[str]]) -> set[str]:
    """Everything that a rung stands on, itself included."""
    return {name}.union(*(needed_by(each, requires) for each in requires[name]))


def test_a_ladder_adds_one_rung_at_a_time() -> None:
    assert ladder(["a", "b"]) == [Pick("baseline", (), ""), Pick("+ a", ("a",), "a"), Pick("+ b", ("a", "b"), "b")]


def test_a_control_stands_on_its_own_row_only_and_each_has_its_execution() -> None:
    assert ladder(["x", "a", "y", "b"], controls={"x", "y"}) == [
        Pick("baseline", (), ""),
        Pick("+ x", ("x",), "x", 1),
        Pick("+ a", ("a",), "a"),
        Pick("+ y", ("a", "y"), "y", 2),
        Pick("+ b", ("a", "b"), "b"),
    ]


@given(with_requirements())
def test_leaving_one_out_takes_along_just_what_stands_on_it(asked: tuple[list[str], dict[str, list[str]]]) -> None:
    names, requires = asked
    for pick in leave_one_out(names, requires):
        assert list(pick.rungs) == [name for name in names if pick.about not in needed_by(name, requires)]


@given(rungs)
def test_every_rung_is_left_out_once(names: list[str]) -> None:
    assert [pick.about for pick in leave_one_out(names, dict.fromkeys(names, ()))] == names


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


def test_a_requirement_that_is_not_in_use_is_no_hindrance() -> None:
    for design in DESIGNS.values():
        assert design(["b"], {"b": ["gone"]})


def test_both_ends_are_each_alone_and_each_left_out() -> None:
    assert [(pick.name, pick.rungs) for pick in both_ends("abc", NONE)] == [
        ("only a", ("a",)),
        ("only b", ("b",)),
        ("only c", ("c",)),
        ("all but a", ("b", "c")),
        ("all but b", ("a", "c")),
        ("all but c", ("a", "b")),
    ]


@pytest.mark.parametrize("count", range(6))
def test_full_is_the_power_set(count: int) -> None:
    names = "abcde"[:count]
    found = [pick.rungs for pick in full(names, NONE)]
    assert sorted(found) == sorted(chain.from_iterable(combinations(names, size) for size in range(count + 1)))
    assert found[0] == ()


def test_a_subset_is_named_by_the_shortest_of_the_usual_ways() -> None:
    names = {pick.rungs: pick.name for pick in full("abcd", NONE)}
    assert names[()] == "baseline"
    assert names["c",] == "only c"
    assert names["a", "c"] == "a + c"
    assert names["a", "b", "d"] == "all but c"
    assert names["a", "b", "c", "d"] == "a + b + c + d"


@pytest.mark.parametrize(
    ("design", "count", "wrong"),
    [
        ("full", 6, "full is for at most 5 rungs: 6 would be 64 variants"),
        ("factorial", 17, "factorial takes at most 16 rungs, and there are 17"),
    ],
)
def test_more_rungs_than_a_design_can_take_are_refused_with_another_design(
    design: DesignName, count: int, wrong: str
) -> None:
    with pytest.raises(UserError, match=f"^designs: {wrong}\n.*both_ends"):
        DESIGNS[design]("abcdefghijklmnopq"[:count], NONE)


@pytest.mark.parametrize("design", [full, factorial])
def test_a_factorial_refuses_a_rung_that_cannot_stand_alone(design: object) -> None:
    with pytest.raises(UserError, match=r"^designs: .* b requires a\n.*both_ends"):
        design("abc", NONE | {"b": ("a",)})  # type: ignore[operator]
