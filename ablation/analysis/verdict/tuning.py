"""The studies whose best values a table uses, the rungs that wait for a study, and the trials behind each row.

Scores are on validation images, in the display unit. The best score is optimistic, as the best of many.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.tuned import Importance, Tuned
from ablation.invocation import TUNE, Remedy
from ablation.metrics.metric import Metric
from ablation.metrics.registry import metric as metric_of

UNPLANNED = "unplanned"
"""Shown instead of a verdict on a rung that waits for its study."""


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval; the bounds are NaN where they are unknown."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class TunedSetting:
    """One setting of a study, by its dotted path, with the best trial's value.

    Args:
        own: the recipe's own value; None where it has none.
        share: of the variance of the trials' scores that the setting explains, 0..1; None where unknown.
        worth: gain of the best value over the recipe's own, positive when better, other settings averaged; or None.
    """

    path: str
    best: Any
    own: Any
    share: Estimate | None
    worth: Estimate | None


@dataclass(frozen=True)
class Tuning:
    """A study whose best values are in use, and the variants that use them.

    Args:
        score, own_score: of the best trial and of the recipe's own values; NaN where the own trial did not finish.
        gain: of the best trial over the own one, positive when better; NaN where ``own_score`` is.
        settings: the most important first.
    """

    tuned: Tuned
    metric: Metric
    variants: tuple[str, ...]
    score: float
    own_score: float
    gain: float
    settings: tuple[TunedSetting, ...]


@dataclass(frozen=True)
class Unplanned:
    """A tuned rung whose study has not run yet, and the study to run."""

    rung: str
    remedy: Remedy


@dataclass(frozen=True)
class StudyUse:
    """A study (None where the plan does not name it), its number of trials, and the rows that use its best values."""

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


def tunings(plan: Plan) -> tuple[Tuning, ...]:
    """Returns the studies in use, in the plan's order."""
    studies = {variant.name: study_behind(plan, variant.name) for variant in plan.variants}
    return tuple(_tuning(each, tuple(name for name, study in studies.items() if study is each)) for each in plan.tuned)


def study_behind(plan: Plan, variant: str) -> Tuned | None:
    """Returns the study that chose a variant's recipe; None for a variant that was not tuned."""
    if not plan.variant(variant).trials:
        return None
    return next((each for each in plan.tuned if not each.each or each.row == variant), None)


def unplanned(plan: Plan) -> tuple[Unplanned, ...]:
    """Returns the rungs that wait for a study."""
    return tuple(Unplanned(rung, plan.remedy or TUNE) for rung in plan.unplanned)


def effort(plan: Plan) -> Effort:
    """Returns the number of trials behind each row of a plan."""
    rows, baseline = plan.ladder_rows, plan.ladder_rows[0]
    trials = {name: plan.variant(name).trials for name in (*rows, *plan.left_out.values())}
    trials |= {each.name: each.trials for each in plan.variants if each.trials}  # rows of other designs
    if not any(trials.values()):
        return Effort(unused=tuple(StudyUse(each.study, each.trials, ()) for each in plan.tuned))
    steps = ((name, trials[name] - trials[above]) for above, name in pairwise(rows))
    beside = [name for name in dict.fromkeys(plan.left_out.values()) if name not in rows]
    return Effort(
        taken=_taken(plan, trials),
        every_row=trials[baseline] if len(set(trials.values())) == 1 else None,
        steps=tuple((name, more) for name, more in steps if more),
        more_than_baseline=tuple(name for name in rows if trials[name] > trials[baseline]),
        less_than_full=tuple(name for name in beside if trials[name] < trials[plan.full_row]),
        failed=tuple((each.row, each.failed) for each in plan.tuned if each.failed),
        shared=max((each.replicates for each in plan.tuned), default=0) if plan.purpose == "ladder" else 0,
    )


def _tuning(tuned: Tuned, variants: tuple[str, ...]) -> Tuning:
    metric = metric_of(tuned.metric)
    importances = {each.path: each for each in tuned.importances if each.path in tuned.values}
    paths = dict.fromkeys((*importances, *tuned.values))
    return Tuning(
        tuned=tuned,
        metric=metric,
        variants=variants,
        score=metric.scale * tuned.score,
        own_score=metric.scale * tuned.own_score,
        gain=metric.gain_scale * (tuned.score - tuned.own_score),
        settings=tuple(_setting(path, tuned, importances.get(path), metric.scale) for path in paths),
    )


def _setting(path: str, tuned: Tuned, importance: Importance | None, scale: float) -> TunedSetting:
    share = worth = None
    if importance:
        share = _estimate(importance.share, importance.low, importance.high, 1.0)
        worth = _estimate(importance.worth, importance.worth_low, importance.worth_high, scale)
    return TunedSetting(path, tuned.values[path], tuned.own.get(path), share, worth)


def _estimate(value: float, low: float, high: float, scale: float) -> Estimate | None:
    return None if math.isnan(value) else Estimate(scale * value, scale * low, scale * high)


def _taken(plan: Plan, trials: Mapping[str, int]) -> tuple[StudyUse, ...]:
    """Each study with the rows that use its best values."""
    rows: dict[tuple[str | None, int], list[str]] = {}
    for name, number in trials.items():
        if number:
            study = study_behind(plan, name)
            rows.setdefault((study.study if study else None, number), []).append(name)
    return tuple(StudyUse(study, number, tuple(names)) for (study, number), names in rows.items())
