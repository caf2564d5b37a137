"""What tuning did, in the table's terms: the studies whose best values are in use, and the rungs that wait for one.

Scores are of validation images, in the unit they are shown in. The best one is the best of many, and optimistic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.tuned import Importance, Tuned
from ablation.invocation import TUNE, Remedy
from ablation.metrics.metric import Metric
from ablation.metrics.registry import metric as metric_of

UNPLANNED = "unplanned"
"""What stands in the place of a verdict on a rung that waits for its study."""


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval, whose bounds are NaN where they are not known."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class TunedSetting:
    """What a study says of one setting.

    Args:
        path: dotted.
        best: the best trial's value.
        own: the recipe's own; None where it has none.
        share: of the spread of the trials' scores that it explains, 0..1; None where it could not be told.
        worth: what the best value gives over the recipe's own, other settings averaged out, positive when better; None
            where it could not be told.
    """

    path: str
    best: Any
    own: Any
    share: Estimate | None
    worth: Estimate | None


@dataclass(frozen=True)
class Tuning:
    """A study whose best values are in use.

    Args:
        tuned: its frozen best.
        metric: that its trials were scored by.
        variants: that took its values.
        score, own_score: of the best trial and of the recipe's own values; NaN where the own trial did not finish.
        gain: of the best over the own, positive when better; NaN where the own score is.
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
    """A tuned rung that has no study to take values from yet.

    Args:
        rung: its name.
        remedy: the study that would give it some.
    """

    rung: str
    remedy: Remedy


def tunings(plan: Plan) -> tuple[Tuning, ...]:
    """The studies in use, in the plan's order."""
    takers = {variant.name: study_behind(plan, variant.name) for variant in plan.variants}
    return tuple(_tuning(each, tuple(name for name, found in takers.items() if found is each)) for each in plan.tuned)


def study_behind(plan: Plan, variant: str) -> Tuned | None:
    """The study that a variant's recipe is the best of; None for one that was not tuned."""
    if not plan.variant(variant).trials:
        return None
    return next((each for each in plan.tuned if not each.each or each.row == variant), None)


def unplanned(plan: Plan) -> tuple[Unplanned, ...]:
    """The rungs that wait for a study."""
    return tuple(Unplanned(rung, plan.remedy or TUNE) for rung in plan.unplanned)


def _tuning(tuned: Tuned, variants: tuple[str, ...]) -> Tuning:
    metric = metric_of(tuned.metric)
    told = {each.path: each for each in tuned.importances if each.path in tuned.values}
    return Tuning(
        tuned=tuned,
        metric=metric,
        variants=variants,
        score=metric.scale * tuned.score,
        own_score=metric.scale * tuned.own_score,
        gain=metric.gain_scale * (tuned.score - tuned.own_score),
        settings=tuple(
            _setting(path, tuned.values, tuned.own, told.get(path), metric.scale)
            for path in (*told, *(path for path in tuned.values if path not in told))
        ),
    )


def _setting(
    path: str, best: Mapping[str, Any], own: Mapping[str, Any], told: Importance | None, scale: float
) -> TunedSetting:
    return TunedSetting(
        path=path,
        best=best[path],
        own=own.get(path),
        share=_estimate(told.share, told.low, told.high, 1.0) if told else None,
        worth=_estimate(told.worth, told.worth_low, told.worth_high, scale) if told else None,
    )


def _estimate(value: float, low: float, high: float, scale: float) -> Estimate | None:
    return None if math.isnan(value) else Estimate(scale * value, scale * low, scale * high)
