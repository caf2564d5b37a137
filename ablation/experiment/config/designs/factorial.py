"""A fractional factorial: few subsets that inform about every rung each."""

from collections.abc import Sequence

from ablation.errors import UserError
from ablation.experiment.config.design import Design, Pick, Requires, check_free, subset_pick
from ablation.experiment.config.fractional_factorial import MOST_RUNGS, fraction


def factorial(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """A factorial of resolution IV or better.

    Raises:
        UserError: more than 16 rungs, or one that requires another.
    """
    check_free("factorial", rungs, requires)
    if len(rungs) > MOST_RUNGS:
        raise UserError(
            f"factorial takes at most {MOST_RUNGS} rungs, and there are {len(rungs)}",
            place="designs",
            remedy="use both_ends, or fewer rungs",
        )
    return [subset_pick(held, rungs) for held in fraction(rungs)]


DESIGN = Design("factorial", factorial, attributes=True, credit="main effect")
