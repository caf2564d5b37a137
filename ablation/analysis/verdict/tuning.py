"""The studies whose best values a table uses, and the rungs that wait for a study.

Scores are on validation images, in the display unit. The best score is optimistic, as the best of many.
"""

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
    """One setting of a study.

    Args:
        path: dotted path of the setting.
        best: the best trial's value.
        own: the recipe's own value; None where it has none.
        share: share of the variance of the trials' scores that the setting explains, 0..1; None where unknown.
        worth: gain of the best value over the recipe's own, averaged over the other settings, positive when better;
            None where unknown.
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
        tuned: the best trial of the study, as stored.
        metric: the metric of its trials' scores.
        variants: names of the variants that use its values.
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
    """A tuned rung whose study has not run yet.

    Args:
        rung: its name.
        remedy: the study to run.
    """

    rung: str
    remedy: Remedy


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


def _tuning(tuned: Tuned, variants: tuple[str, ...]) -> Tuning:
    metric = metric_of(tuned.metric)
    importances = {each.path: each for each in tuned.importances if each.path in tuned.values}
    return Tuning(
        tuned=tuned,
        metric=metric,
        variants=variants,
        score=metric.scale * tuned.score,
        own_score=metric.scale * tuned.own_score,
        gain=metric.gain_scale * (tuned.score - tuned.own_score),
        settings=tuple(
            _setting(path, tuned.values, tuned.own, importances.get(path), metric.scale)
            for path in dict.fromkeys((*importances, *tuned.values))
        ),
    )


def _setting(
    path: str, best: Mapping[str, Any], own: Mapping[str, Any], importance: Importance | None, scale: float
) -> TunedSetting:
    return TunedSetting(
        path=path,
        best=best[path],
        own=own.get(path),
        share=_estimate(importance.share, importance.low, importance.high, 1.0) if importance else None,
        worth=_estimate(importance.worth, importance.worth_low, importance.worth_high, scale) if importance else None,
    )


def _estimate(value: float, low: float, high: float, scale: float) -> Estimate | None:
    return None if math.isnan(value) else Estimate(scale * value, scale * low, scale * high)
