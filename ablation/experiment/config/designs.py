"""Designs: rules that pick variants, each a subset of the rungs in ladder order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from ablation.errors import UserError
from ablation.experiment.config.fractional_factorial import MOST, fraction

DesignName = Literal["ladder", "leave_one_out", "one_at_a_time", "both_ends", "factorial", "full"]

Requires = Mapping[str, Sequence[str]]
"""For each rung, the earlier rungs without which it is not used."""

MOST_IN_FULL = 5
"""Rungs of which all subsets are affordable: 32 variants."""


@dataclass(frozen=True)
class Pick:
    """A variant that a design asks for.

    Args:
        name: as tables show it.
        rungs: the rungs it holds, in ladder order.
        about: the rung that the variant is there to judge; empty for the baseline and where it judges all of them.
        execution: 0, or the number of the control whose row it is: it runs again, whatever equals it.
    """

    name: str
    rungs: tuple[str, ...]
    about: str
    execution: int = 0


def ladder(rungs: Sequence[str], controls: Collection[str] = ()) -> list[Pick]:
    """The baseline, then one rung more at a time; a control stands on its own row alone, and is numbered from 1."""
    held: tuple[str, ...] = ()
    rows, executions = [Pick("baseline", held, "")], 0
    for rung in rungs:
        if rung in controls:
            executions += 1
            rows.append(Pick(f"+ {rung}", (*held, rung), rung, executions))
        else:
            held = (*held, rung)
            rows.append(Pick(f"+ {rung}", held, rung))
    return rows


def leave_one_out(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """All rungs but one, for each of them; rungs that require the one left out go with it."""
    return [Pick(f"all but {rung}", _without(rung, rungs, requires), rung) for rung in rungs]


def one_at_a_time(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """Each rung on the bare baseline; one that requires others comes on top of these, which are picked too."""
    picks = []
    for rung in rungs:
        below = _below(rung, rungs, requires)
        picks += [_subset(below, rungs, rung)] if below else []
        picks.append(_subset((*below, rung), rungs, rung))
    return picks


def both_ends(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """Each rung alone, and each left out."""
    return [*one_at_a_time(rungs, requires), *leave_one_out(rungs, requires)]


def factorial(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """Few subsets that speak about every rung each: a factorial of resolution IV or better.

    Raises:
        UserError: more than 16 rungs, or one that requires another.
    """
    _check_free("factorial", rungs, requires)
    if len(rungs) > MOST:
        raise UserError(
            f"factorial takes at most {MOST} rungs, and there are {len(rungs)}",
            place="designs",
            remedy="use both_ends, or fewer rungs",
        )
    return [_subset(held, rungs) for held in fraction(rungs)]


def full(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """All subsets.

    Raises:
        UserError: more than 5 rungs, or one that requires another.
    """
    _check_free("full", rungs, requires)
    if len(rungs) > MOST_IN_FULL:
        raise UserError(
            f"full is for at most {MOST_IN_FULL} rungs: {len(rungs)} would be {2 ** len(rungs)} variants",
            place="designs",
            remedy="use both_ends (each rung alone, and left out) or factorial",
        )
    switches = product((False, True), repeat=len(rungs))
    return [_subset(tuple(rung for rung, on in zip(rungs, each, strict=True) if on), rungs) for each in switches]


def _without(gone: str, rungs: Sequence[str], requires: Requires) -> tuple[str, ...]:
    left_out = {gone}
    for rung in rungs:
        if left_out.intersection(requires[rung]):
            left_out.add(rung)
    return tuple(rung for rung in rungs if rung not in left_out)


def _below(rung: str, rungs: Sequence[str], requires: Requires) -> tuple[str, ...]:
    """What a rung requires, and what that requires, as far as it is in use."""
    needed = {rung}
    for each in reversed(rungs):
        if each in needed:
            needed.update(requires[each])
    return tuple(each for each in rungs if each in needed and each != rung)


def _subset(held: tuple[str, ...], rungs: Sequence[str], about: str = "") -> Pick:
    """The pick of any subset, named by the shortest of the usual ways."""
    missing = [rung for rung in rungs if rung not in held]
    if not held:
        return Pick("baseline", held, about)
    if len(held) == 1:
        return Pick(f"only {held[0]}", held, about)
    return Pick(f"all but {missing[0]}" if len(missing) == 1 else " + ".join(held), held, about)


def _check_free(design: str, rungs: Sequence[str], requires: Requires) -> None:
    for rung in rungs:
        if any(needed in rungs for needed in requires[rung]):
            raise UserError(
                f"{design} needs rungs that can be switched on alone, and {rung} requires {', '.join(requires[rung])}",
                place="designs",
                remedy="use both_ends, which heeds requires, or join the rungs into one",
            )


DESIGNS: Mapping[DesignName, Callable[[Sequence[str], Requires], list[Pick]]] = {
    "leave_one_out": leave_one_out,
    "one_at_a_time": one_at_a_time,
    "both_ends": both_ends,
    "factorial": factorial,
    "full": full,
}
"""What can be asked for beside the ladder, which is always there."""
