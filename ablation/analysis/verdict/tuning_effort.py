"""Equal tuning: whose recipe is the best of how many trials, and which comparisons it makes unequal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ablation.analysis.verdict.tuning import study_behind
from ablation.experiment.planning.plan import Plan


@dataclass(frozen=True)
class StudyUse:
    """The best of a study, and the rows that took it.

    Args:
        study: its name; None where the plan does not say.
        trials: of the study.
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
        unused: the studies that found nothing better than the row's own values, where no row took any; without rows.
        every_row: trials of each row's own study, where every row took the best of one and all had as many; else None.
        steps: (row, trials) that a row had more than the row above; fewer where the number is negative.
        more_than_baseline: rows that had more trials than the baseline.
        less_than_full: rows that leave a rung out and had fewer trials than the full recipe.
        failed: (row, trials) that failed in a study.
        shared: number of the ladder's first replicates that the trials ran under too; 0 where there is none.
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
    """The trials behind the rows of a plan."""
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
    """Each study with the rows that took its best."""
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
