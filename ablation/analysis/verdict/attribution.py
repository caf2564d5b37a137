"""Attribution: what each rung is worth beyond its place on the ladder, from designs that combine it with other rungs.

All effects are linear in the variants' scores, so each is a contrast per replicate under the interval of any other
comparison. All of them explore: their p-values are adjusted by Benjamini and Hochberg, each kind of effect on its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ablation.analysis.comparison.arms import Arm
from ablation.analysis.comparison.contrasts import Subsets
from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.interval_rule import IntervalRule
from ablation.experiment.config.design import Credit
from ablation.metrics.metric import Metric
from ablation.stats import attribution as effects
from ablation.stats.adjust import benjamini_hochberg
from ablation.stats.attribution import Contrast, Subset
from ablation.stats.factorial import aliases
from ablation.stats.interval import Interval

_NEGLIGIBLE = 1e-12  # what rounding leaves of weights that cancel
_NOTHING: Subset = frozenset()


@dataclass(frozen=True)
class Effect:
    """A contrast of variants, in the unit the metric is shown in, positive when better.

    Args:
        adjusted: p after Benjamini and Hochberg over the effects of its kind; NaN where one of them has none.
    """

    interval: Interval
    adjusted: float = math.nan


@dataclass(frozen=True)
class RungAttribution:
    """What a rung is worth; an effect is None where no design measured it, or where runs are missing.

    Args:
        alone: over the baseline; over the rungs that it requires, where it does.
        left_out: what the full recipe loses without it, and without those that require it.
        credit: its share in the total: of the attribution's kind.
        step: its step on the ladder.
        share: half of left out less alone: what it gains from the other rungs.
        lowest, highest: its smallest and largest mean gain over the positions measured; NaN with a hole.
        positions: number of variants onto which it was put.
        requires: the rungs that it requires, directly or not, in ladder order.
        required_by: the rungs that require it, directly or not, in ladder order.
    """

    rung: str
    alone: Effect | None
    left_out: Effect | None
    credit: Effect | None
    step: Effect | None
    share: Effect | None
    lowest: float
    highest: float
    positions: int
    requires: tuple[str, ...]
    required_by: tuple[str, ...]


@dataclass(frozen=True)
class Interaction:
    """What two rungs give together beyond their sum."""

    rungs: tuple[str, str]
    effect: Effect


@dataclass(frozen=True)
class Attribution:
    """Exploratory: what every rung is worth.

    Args:
        kind: of the credits: the midpoint of alone and left out, the Shapley value, or the main effect; see ``Credit``.
        rows: one a rung, in ladder order, without controls.
        total: gain of the full recipe over the baseline.
        residual: total less the sum of the midpoints (of the main effects, where that is their kind): away from 0 only
            where three rungs or more interact; None where not all are known.
        interactions: of the pairs measured: Shapley's index; two-factor effects where credits are main effects; else
            those on the bare baseline.
        aliases: effects that a factorial cannot tell apart, in groups.
    """

    kind: Credit
    rows: tuple[RungAttribution, ...]
    total: Effect | None
    residual: Effect | None
    interactions: tuple[Interaction, ...]
    aliases: tuple[tuple[str, ...], ...]


def attribution_of(evidence: Evidence, metric: Metric, rule: IntervalRule, level: float) -> Attribution | None:
    """What each rung is worth; None without a design that attributes, or without a rung.

    Args:
        level: confidence level of the intervals.
    """
    subsets = Subsets.of(evidence.plan)
    if not (subsets.rungs and subsets.attributes):
        return None
    measure = _Measure(evidence, metric, rule, level, subsets.known)
    pairs = list(combinations(subsets.rungs, 2))
    found = measure.effects([subsets.interaction(*pair) for pair in pairs])
    return Attribution(
        kind=subsets.kind,
        rows=_rows(subsets, measure),
        total=measure.effect(effects.total(subsets.all)),
        residual=measure.effect(subsets.residual()),
        interactions=tuple(Interaction(pair, each) for pair, each in zip(pairs, found, strict=True) if each),
        aliases=aliases(list(subsets.rungs), subsets.factorial) if subsets.kind == "main effect" else (),
    )


def _rows(subsets: Subsets, measure: _Measure) -> tuple[RungAttribution, ...]:
    names = list(subsets.rungs)
    ways = (subsets.alone, subsets.left_out, subsets.credit, subsets.share)
    columns = [measure.effects([way(name) for name in names]) for way in ways]
    rows = []
    for name, alone, left_out, credit, share in zip(names, *columns, strict=True):
        gains = np.array([measure.mean(position) for position in subsets.positions(name)])
        rows.append(
            RungAttribution(
                rung=name,
                alone=alone,
                left_out=left_out,
                credit=credit,
                step=measure.effect(subsets.step(name), adjust=False),
                share=share,
                lowest=float(gains.min()) if len(gains) else math.nan,
                highest=float(gains.max()) if len(gains) else math.nan,
                positions=len(gains),
                requires=tuple(other for other in names if other in subsets.below(name)),
                required_by=tuple(other for other in names if other in subsets.above(name)),
            )
        )
    return tuple(rows)


@dataclass(frozen=True)
class _Measure:
    """Contrasts of subsets, as the runs of their variants tell them."""

    evidence: Evidence
    metric: Metric
    rule: IntervalRule
    level: float
    known: Mapping[Subset, str]

    def effect(self, contrast: Contrast | None, *, adjust: bool = True) -> Effect | None:
        """One effect, which has no others to be adjusted for."""
        interval = self._interval(contrast)
        return Effect(interval, interval.p if adjust else math.nan) if interval else None

    def effects(self, contrasts: Sequence[Contrast | None]) -> list[Effect | None]:
        """Effects of one kind; None where a subset has no variant, or its runs a hole."""
        found = [self._interval(contrast) for contrast in contrasts]
        p = [interval.p for interval in found if interval]
        asked = sum(contrast is not None and contrast.keys() <= self.known.keys() for contrast in contrasts)
        whole = len(p) == asked and not any(map(math.isnan, p))
        adjusted = iter(benjamini_hochberg(p) if whole else [math.nan] * len(p))
        return [Effect(interval, next(adjusted)) if interval else None for interval in found]

    def mean(self, contrast: Contrast) -> float:
        """NaN with a hole."""
        arm = self._arm(contrast)
        return float(arm.values.mean()) if arm else math.nan

    def _interval(self, contrast: Contrast | None) -> Interval | None:
        arm = self._arm(contrast) if contrast is not None else None
        return self.rule.interval(arm, self.level) if arm else None

    def _arm(self, contrast: Contrast) -> Arm | None:
        """The contrast of each replicate; subsets that share a variant are weighed together."""
        weights = dict.fromkeys([self.known[_NOTHING]], 0.0)  # so that an effect that is 0 by its nature has an arm
        for held, weight in contrast.items():
            if held not in self.known:
                return None
            weights[self.known[held]] = weights.get(self.known[held], 0.0) + weight
        return self.evidence.contrast(
            {name: 0.0 if abs(w) < _NEGLIGIBLE else w for name, w in weights.items()}, self.metric
        )
