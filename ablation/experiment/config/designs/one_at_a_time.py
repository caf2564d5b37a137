"""Each rung on the bare baseline."""

from collections.abc import Sequence

from ablation.experiment.config.design import Design, Pick, Requires, subset_pick


def one_at_a_time(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """Each rung on the bare baseline; one that requires others comes on top of these, which are picked too."""
    picks = []
    for rung in rungs:
        below = _below(rung, rungs, requires)
        picks += [subset_pick(below, rungs, rung)] if below else []
        picks.append(subset_pick((*below, rung), rungs, rung))
    return picks


def _below(rung: str, rungs: Sequence[str], requires: Requires) -> tuple[str, ...]:
    """What a rung requires, and what that requires, as far as it is in use."""
    needed = {rung}
    for each in reversed(rungs):
        if each in needed:
            needed.update(requires[each])
    return tuple(each for each in rungs if each in needed and each != rung)


DESIGN = Design("one_at_a_time", one_at_a_time, attributes=True)
