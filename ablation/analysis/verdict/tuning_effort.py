"""Tuning effort: the number of trials behind each row, and the comparisons of rows with unequal numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ablation.analysis.verdict.tuning import study_behind
from ablation.experiment.planning.plan import Plan


@dataclass(frozen=True)
class StudyUse:
    """A study, and the rows that use its best values.

    Args:
        study: its name; None where the plan does not name it.
        trials: number of its trials.
        rows: names of the rows.
    """

    study: str | None
    trials: int
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Effort:
    """The trials behind the rows of a plan.

    Args:
        taken: the studies whose best values are in use.
        unused: the studies of a plan in which no row uses a study's values; their ``rows`` are empty.
        every_row: number of trials of each row, where all rows have the same number; else None.
        steps: (row, its number of trials less that of the row above), where the difference is not 0.
        more_than_baseline: rows with more trials than the baseline.
        less_than_full: rows that leave a rung out and have fewer trials than the full recipe.
        failed: (row, number of failed trials of its study).
        shared: number of the ladder's first replicates whose seeds the trials used too; 0 for none.
    """

    taken: tuple[StudyUse, ...] = ()
    unused: tuple[StudyUse, ...] = ()
    every_row: int | None = None
    steps: tuple[tuple[str, int], ...] = ()
    more_than_baseline: tuple[str, ...] = ()
    less_than_full: tuple[str, ...] = ()
    failed: tuple[tuple[str, int], ...] = ()
    shared: int = 0


def effort(plan: Plan) -> Effort:
    """Returns the number of trials behind each row of a plan."""
    counts = {name: plan.variant(name).trials for name in (*plan.ladder_rows, *plan.left_out.values())}
    counts |= {each.name: each.trials for each in plan.variants if each.trials}  # rows of other designs
    if not any(counts.values()):
        return Effort(unused=tuple(StudyUse(each.study, each.trials, ()) for each in plan.tuned))
    beside = [name for name in dict.fromkeys(plan.left_out.values()) if name not in plan.ladder_rows]
    return Effort(
        taken=_taken(plan, counts),
        every_row=counts[plan.ladder_rows[0]] if len(set(counts.values())) == 1 else None,
        steps=tuple(_steps(plan, counts)),
        more_than_baseline=tuple(name for name in plan.ladder_rows if counts[name] > counts[plan.ladder_rows[0]]),
        less_than_full=tuple(name for name in beside if counts[name] < counts[plan.full_row]),
        failed=tuple((each.row, each.failed) for each in plan.tuned if each.failed),
        shared=max((each.replicates for each in plan.tuned), default=0) if plan.purpose == "ladder" else 0,
    )


def _taken(plan: Plan, counts: Mapping[str, int]) -> tuple[StudyUse, ...]:
    """Each study with the rows that use its best values."""
    rows: dict[tuple[str | None, int], list[str]] = {}
    for name, trials in counts.items():
        if trials:
            study = study_behind(plan, name)
            rows.setdefault((study.study if study else None, trials), []).append(name)
    return tuple(StudyUse(study, trials, tuple(names)) for (study, trials), names in rows.items())


def _steps(plan: Plan, counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for above, name in pairwise(plan.ladder_rows):
        if counts[name] != counts[above]:
            yield name, counts[name] - counts[above]
