"""All subsets of the rungs."""

from collections.abc import Sequence
from itertools import product

from ablation.errors import UserError
from ablation.experiment.config.design import Design, Pick, Requires, check_free, subset_pick

_MOST_RUNGS = 5
"""Rungs of which all subsets are affordable: 32 variants."""


def full(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """All subsets.

    Raises:
        UserError: more than 5 rungs, or one that requires another.
    """
    check_free("full", rungs, requires)
    if len(rungs) > _MOST_RUNGS:
        problem = f"full is for at most {_MOST_RUNGS} rungs: {len(rungs)} would be {2 ** len(rungs)} variants"
        raise UserError(problem, place="designs", remedy="use both_ends (each rung alone, and left out) or factorial")
    switches = product((False, True), repeat=len(rungs))
    return [subset_pick(tuple(rung for rung, on in zip(rungs, each, strict=True) if on), rungs) for each in switches]


DESIGN = Design("full", full, attributes=True, credit="Shapley value")
