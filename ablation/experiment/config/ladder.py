"""The ladder: the design that is always there, against whose rows the others are read."""

from collections.abc import Collection, Sequence

from ablation.experiment.config.design import Pick

LADDER_DESIGN = "ladder"


def ladder_picks(rungs: Sequence[str], controls: Collection[str] = ()) -> list[Pick]:
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
