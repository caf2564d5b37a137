"""Rungs for the tests of designs: random ones, and what each requires."""

from __future__ import annotations

from hypothesis import strategies as st

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
