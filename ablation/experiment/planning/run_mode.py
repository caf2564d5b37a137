"""What a plan is made for: the whole ladder, or its first and last rows under replicates of their own."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from ablation.experiment.config.design import LADDER_DESIGN
from ablation.experiment.config.file import Experiment
from ablation.experiment.config.promise_values import WiderPromise
from ablation.experiment.planning.plan import DesignPoint, Rung
from ablation.experiment.planning.variants import Ladder, ResolvedVariant, recipe_differences

FINAL = "Final recipe"
"""The one rung between the baseline and the ladder's last row."""
REPEAT = "repeat"
"""Stands in place of a design where the baseline is run again."""


@dataclass(frozen=True)
class RunMode:
    """Which replicates of which rows run, and which images verdicts stand on.

    Args:
        purpose: ``ladder``: the whole file; ``confirm``, ``calibrate``: only the baseline and the last row.
        numbers: the replicates; None for the file's number of them, from 0.
        split: ``test``, or ``confirm`` for the images that are set aside.
        repeats: how often the baseline's first replicate is run again, for the numerical floor, >= 0.

    Raises:
        ValueError: no number, a number twice, or one below 0.
    """

    purpose: Literal["ladder", "confirm", "calibrate"] = "ladder"
    numbers: tuple[int, ...] | None = None
    split: Literal["test", "confirm"] = "test"
    repeats: int = 0

    def __post_init__(self) -> None:
        numbers = self.numbers
        if numbers is not None and (not numbers or len(set(numbers)) < len(numbers) or min(numbers) < 0):
            raise ValueError(f"numbers of replicates differ and are 0 or more, not {numbers}")


LADDER = RunMode()


def narrowed(ladder: Ladder, mode: RunMode) -> Ladder:
    """The rows of a ladder that a mode runs.

    For ``confirm`` and ``calibrate``: the baseline, the last row that is no control unless it is the same, and the
    baseline again.
    """
    if mode.purpose == "ladder":
        return ladder
    by_name = {variant.name: variant for variant in ladder.variants}
    changing = [row for rung, row in zip(ladder.rungs, ladder.rows[1:], strict=True) if not rung.control]
    baseline, last = by_name[ladder.rows[0]], by_name[[ladder.rows[0], *changing][-1]]
    rows = [dataclasses.replace(baseline, designs=(LADDER_DESIGN,))]
    rungs: tuple[Rung, ...] = ()
    if last is not baseline:
        rows.append(dataclasses.replace(last, name=f"+ {FINAL}", rungs=(FINAL,), designs=(LADDER_DESIGN,)))
        rungs = (Rung(FINAL, (), recipe_differences(baseline.recipe, last.recipe)),)
    variants = (*rows, *(_again(baseline, number) for number in range(1, mode.repeats + 1)))
    points = (DesignPoint(row.designs[0], row.rungs, "".join(row.rungs), row.name) for row in variants)
    names = ", ".join(rung.name for rung in ladder.rungs if not rung.control)
    return Ladder(
        rungs=rungs,
        variants=variants,
        rows=tuple(row.name for row in rows),
        left_out={},
        design_points=tuple(points),
        notices=(f"{FINAL} is {names}", *ladder.notices),
    )


def _again(baseline: ResolvedVariant, number: int) -> ResolvedVariant:
    name = f"{baseline.name} again" if number == 1 else f"{baseline.name} again, {number}"
    return dataclasses.replace(baseline, name=name, designs=(REPEAT,), execution=number)


def kept_promises(experiment: Experiment, mode: RunMode) -> tuple[WiderPromise, ...]:
    """The promises of more than one rung that the mode's rows can be compared with."""
    promises = experiment.wider_promises
    if mode.purpose == "ladder":
        return promises
    everything = {rung.name for rung in experiment.rungs if not rung.control}
    kept = (promise for promise in promises if set(promise.of) in (set(), everything))
    return tuple(dataclasses.replace(promise, of=(FINAL,) if promise.of else ()) for promise in kept)
