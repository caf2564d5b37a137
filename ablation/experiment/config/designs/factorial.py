"""A fractional factorial: few subsets of the rungs, in which half of them hold each rung.

Some rungs, the basic ones, take all combinations. Each further rung has a word, some of the basic rungs, and is on
where an odd number of these are. Words of an odd number of rungs leave no main effect mixed up with an interaction of
two (resolution IV). Five rungs need one word only, of four: interactions of two are then kept apart too (resolution V).

Source: Box and Hunter 1961, Technometrics 3.
"""

from collections.abc import Sequence
from itertools import chain, combinations, product

from ablation.errors import UserError
from ablation.experiment.config.design import Design, Pick, Requires, check_free, subset_pick

_MOST_RUNGS = 16
"""The largest number of rungs that ``fraction`` divides."""


def factorial(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """A factorial of resolution IV or better: 8 variants for 4 rungs, 16 for 5 to 8, 32 for 9 to 16; else all.

    Raises:
        UserError: more than 16 rungs, or one that requires another.
    """
    check_free("factorial", rungs, requires)
    if len(rungs) > _MOST_RUNGS:
        problem = f"factorial takes at most {_MOST_RUNGS} rungs, and there are {len(rungs)}"
        raise UserError(problem, place="designs", remedy="use both_ends, or fewer rungs")
    return [subset_pick(subset, rungs) for subset in fraction(rungs)]


def fraction(rungs: Sequence[str]) -> list[tuple[str, ...]]:
    """Subsets of at most 16 rungs, each in their order, the empty one first."""
    basic, words = _basic(len(rungs)), _words(len(rungs))
    return [
        tuple(rung for rung, word in zip(rungs, words, strict=True) if sum(switched[place] for place in word) % 2)
        for switched in product((False, True), repeat=basic)
    ]


def _basic(rungs: int) -> int:
    """How many rungs take all combinations."""
    return rungs if rungs <= 3 else 3 if rungs == 4 else 4 if rungs <= 8 else 5


def _words(rungs: int) -> list[tuple[int, ...]]:
    """For each rung the basic ones that decide it; a basic one decides itself."""
    if rungs == 5:
        return [(0,), (1,), (2,), (3,), (0, 1, 2, 3)]
    odd = chain.from_iterable(combinations(range(_basic(rungs)), size) for size in (1, 3, 5))
    return list(odd)[:rungs]


DESIGN = Design("factorial", factorial, attributes=True, credit="main effect")
