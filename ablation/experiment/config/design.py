"""Designs: rules that pick variants, each a subset of the rungs in ladder order; and the ladder, which always runs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ablation.errors import UserError

LADDER_DESIGN = "ladder"
"""The design that is always there, against whose rows the others are read."""

Requires = Mapping[str, Sequence[str]]
"""For each rung, the earlier rungs without which it is not used."""

Credit: TypeAlias = Literal["Shapley value", "main effect", "midpoint"]
"""How a rung's share in the total gain is measured: the Shapley value over all subsets, the main effect in a balanced
fraction of them, or the midpoint between its gain alone and what is lost without it."""


@dataclass(frozen=True)
class Pick:
    """A variant that a design asks for.

    Args:
        name: as tables show it.
        rungs: in ladder order.
        about: the rung that the variant is there to judge; empty for the baseline and where it judges all of them.
        execution: 0, or the number of the control whose row it is: it runs again, whatever equals it.
    """

    name: str
    rungs: tuple[str, ...]
    about: str
    execution: int = 0


@dataclass(frozen=True)
class Design:
    """A rule that picks variants beside the ladder's.

    Args:
        name: as experiment files name it; the name of its module too.
        picks: returns the variants, from the rungs in ladder order (without controls) and what each requires; raises
            UserError where the design does not allow such rungs.
        attributes: whether it has rungs in other subsets than the ladder, so that each rung's share in the total gain
            can be attributed.
        credit: how the share is measured on the design's own variants, where it attributes.
    """

    name: str
    picks: Callable[[Sequence[str], Requires], list[Pick]]
    attributes: bool
    credit: Credit = "midpoint"


def ladder_picks(rungs: Sequence[str], controls: Collection[str] = ()) -> list[Pick]:
    """The baseline, then one rung more at a time; a control is in its own row alone, and is numbered from 1."""
    rows, executions = [Pick("baseline", (), "")], 0
    below: tuple[str, ...] = ()
    for rung in rungs:
        row = (*below, rung)
        if rung in controls:
            executions += 1
        else:
            below = row
        rows.append(Pick(f"+ {rung}", row, rung, executions if rung in controls else 0))
    return rows


def subset_pick(subset: tuple[str, ...], rungs: Sequence[str], about: str = "") -> Pick:
    """The pick of any subset, with the shortest of the usual names."""
    missing = [rung for rung in rungs if rung not in subset]
    if len(subset) < 2:
        return Pick(f"only {subset[0]}" if subset else "baseline", subset, about)
    return Pick(f"all but {missing[0]}" if len(missing) == 1 else " + ".join(subset), subset, about)


def check_free(design: str, rungs: Sequence[str], requires: Requires) -> None:
    """Raise ``UserError`` where a rung requires another, so that it cannot be switched on alone."""
    for rung in rungs:
        if any(name in rungs for name in requires[rung]):
            raise UserError(
                f"{design} needs rungs that can be switched on alone, and {rung} requires {', '.join(requires[rung])}",
                place="designs",
                remedy="use both_ends, which respects requires, or join the rungs into one",
            )
