"""Each rung alone, and each left out: both ends of the ladder."""

from collections.abc import Sequence

from ablation.experiment.config.design import Design, Pick, Requires
from ablation.experiment.config.designs.leave_one_out import leave_one_out
from ablation.experiment.config.designs.one_at_a_time import one_at_a_time


def both_ends(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """Each rung alone, and each left out."""
    return [*one_at_a_time(rungs, requires), *leave_one_out(rungs, requires)]


DESIGN = Design("both_ends", both_ends, attributes=True)
