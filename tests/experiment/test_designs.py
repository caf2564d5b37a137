from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ablation.experiment.designs import Pick, ladder, leave_one_out

rungs = st.lists(st.sampled_from("abcdef"), unique=True, min_size=1)


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
    assert ladder(["a", "b"], {"a": (), "b": ()}) == [
        Pick("baseline", (), ""),
        Pick("+ a", ("a",), "a"),
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
