"""All rungs but one, for each of them."""

from collections.abc import Sequence

from ablation.experiment.config.design import Design, Pick, Requires


def leave_one_out(rungs: Sequence[str], requires: Requires) -> list[Pick]:
    """All rungs but one, for each of them; rungs that require the one left out go with it."""
    return [Pick(f"all but {rung}", _without(rung, rungs, requires), rung) for rung in rungs]


def _without(gone: str, rungs: Sequence[str], requires: Requires) -> tuple[str, ...]:
    left_out = {gone}
    for rung in rungs:
        if left_out.intersection(requires[rung]):
            left_out.add(rung)
    return tuple(rung for rung in rungs if rung not in left_out)


DESIGN = Design("leave_one_out", leave_one_out, attributes=False)
