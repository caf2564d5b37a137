"""What a design is: a rule that picks variants, each a subset of the rungs in ladder order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ablation.errors import UserError

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
        rungs: the rungs it holds, in ladder order.
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
        picks: the variants that it asks for, from the rungs in ladder order (without controls) and what each requires;
            raises UserError where the design does not allow such rungs.
        attributes: whether it shows rungs in other subsets than the ladder, so that each rung's share in the total
            gain can be attributed.
        credit: how the share is measured on the design's own variants, where it attributes.
    """

    name: str
    picks: Callable[[Sequence[str], Requires], list[Pick]]
    attributes: bool
    credit: Credit = "midpoint"


def subset_pick(held: tuple[str, ...], rungs: Sequence[str], about: str = "") -> Pick:
    """The pick of any subset, with the shortest of the usual names."""
    missing = [rung for rung in rungs if rung not in held]
    if not held:
        return Pick("baseline", held, about)
    if len(held) == 1:
        return Pick(f"only {held[0]}", held, about)
    return Pick(f"all but {missing[0]}" if len(missing) == 1 else " + ".join(held), held, about)


def check_free(design: str, rungs: Sequence[str], requires: Requires) -> None:
    """Whether every rung can be used without the others.

    Raises:
        UserError: one requires another.
    """
    for rung in rungs:
        if any(needed in rungs for needed in requires[rung]):
            raise UserError(
                f"{design} needs rungs that can be switched on alone, and {rung} requires {', '.join(requires[rung])}",
                place="designs",
                remedy="use both_ends, which respects requires, or join the rungs into one",
            )
