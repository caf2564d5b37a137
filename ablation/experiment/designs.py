"""Designs: rules that pick variants, each a subset of the rungs in ladder order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

DesignName = Literal["ladder", "leave_one_out"]

Requires = Mapping[str, Sequence[str]]
"""For each rung, the earlier rungs without which it is not used."""


@dataclass(frozen=True)
class Pick:
    """A variant that a design asks for.

    Args:
        name: as tables show it.
        rungs: the rungs it holds, in ladder order.
        about: the rung that the variant is there to judge; empty for the baseline.
    """

    name: str
    rungs: tuple[str, ...]
    about: str


def ladder(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """The baseline, then one rung more at a time."""
    rows = [Pick(f"+ {rung}", tuple(rungs[: position + 1]), rung) for position, rung in enumerate(rungs)]
    return [Pick("baseline", (), ""), *rows]


def leave_one_out(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """All rungs but one, for each of them; rungs that require the one left out go with it."""
    return [Pick(f"all but {rung}", _without(rung, rungs, requires), rung) for rung in rungs]


def _without(gone: str, rungs: Sequence[str], requires: Requires) -> tuple[str, ...]:
    left_out = {gone}
    for rung in rungs:
        if left_out.intersection(requires[rung]):
            left_out.add(rung)
    return tuple(rung for rung in rungs if rung not in left_out)


DESIGNS: Mapping[DesignName, Callable[[Sequence[str], Requires], list[Pick]]] = {
    "ladder": ladder,
    "leave_one_out": leave_one_out,
}
