"""Attribution: the worth of each rung independent of its position, from designs that combine it with other rungs.

All effects are linear in the variants' scores: each is a contrast, computed per replicate, with the same interval as
any other comparison. All are exploratory: Benjamini and Hochberg's method adjusts the p-values of each kind of effect.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ablation.analysis.comparison.arms import Arm
from ablation.analysis.comparison.comparison import IntervalRule
from ablation.analysis.comparison.contrasts import Subsets
from ablation.analysis.comparison.evidence import Evidence
from ablation.experiment.config.design import Credit
from ablation.metrics.metric import Metric
from ablation.stats.adjust import benjamini_hochberg
from ablation.stats.attribution import LinearContrast, Subset, aliases, total_gain
from ablation.stats.interval import Interval

_NEGLIGIBLE = 1e-12  # what rounding leaves of weights that cancel
_NOTHING: Subset = frozenset()


@dataclass(frozen=True)
class Effect:
    """A contrast of variants, in the metric's display unit, positive when better.

    ``adjusted`` is p after Benjamini and Hochberg over the effects of its kind; NaN where one of them has no p.
    """

    interval: Interval
    adjusted: float = math.nan


@dataclass(frozen=True)
class RungAttribution:
    """The effects of a rung; an effect is None where no design measured it, or where runs are missing.

    Args:
        alone: gain over the baseline, or over the rungs that it requires.
        left_out: loss of the full recipe without it and without the rungs that require it.
        credit: its share in the total gain, of the attribution's kind.
        share: interaction share: half of (left_out - alone).
        lowest, highest: smallest and largest mean gain over the measured positions; NaN where runs are missing.
        positions: number of variants that it was added to.
        requires, required_by: the rungs that it requires, and those that require it, directly or indirectly.
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
    """The gain of two rungs together beyond the sum of their gains."""

    rungs: tuple[str, str]
    effect: Effect


@dataclass(frozen=True)
class Attribution:
    """The exploratory effects of all rungs.

    Args:
        kind: of the credits: the midpoint of alone and left out, the Shapley value, or the main effect; see ``Credit``.
        rows: one for each rung, in ladder order, without controls.
        residual: total less the sum of the midpoints (or of the main effects): different from 0 only where three rungs
            or more interact; None where a midpoint is unknown.
        interactions: of the measured pairs: Shapley interaction indices, two-factor effects where credits are main
            effects, else interactions on the baseline.
        aliases: groups of effects that a factorial design cannot separate.
    """

    kind: Credit
    rows: tuple[RungAttribution, ...]
    total: Effect | None
    residual: Effect | None
    interactions: tuple[Interaction, ...]
    aliases: tuple[tuple[str, ...], ...]


def attribution_of(evidence: Evidence, metric: Metric, level: float) -> Attribution | None:
    """Returns the effects of each rung; None without a design that attributes, or without a rung.

    Args:
        level: confidence level of the intervals.
    """
    subsets = Subsets.of(evidence.plan)
    if not (subsets.rungs and subsets.attributes):
        return None
    measure = _Measure(evidence, metric, level, subsets.variants)
    pairs = list(combinations(subsets.rungs, 2))
    interactions = measure.effects([subsets.interaction(*pair) for pair in pairs])
    return Attribution(
        kind=subsets.kind,
        rows=_rows(subsets, measure),
        total=measure.effect(total_gain(subsets.all)),
        residual=measure.effect(subsets.residual()),
        interactions=tuple(Interaction(pair, each) for pair, each in zip(pairs, interactions, strict=True) if each),
        aliases=aliases(list(subsets.rungs), subsets.factorial) if subsets.kind == "main effect" else (),
    )


def _rows(subsets: Subsets, measure: _Measure) -> tuple[RungAttribution, ...]:
    names = list(subsets.rungs)
    ways = (subsets.alone, subsets.left_out, subsets.credit, subsets.share)
    columns = [measure.effects([way(name) for name in names]) for way in ways]
    rows = []
    for name, alone, left_out, credit, share in zip(names, *columns, strict=True):
        gains = [measure.mean(position) for position in subsets.positions(name)] or [math.nan]
        rows.append(
            RungAttribution(
                rung=name,
                alone=alone,
                left_out=left_out,
                credit=credit,
                step=measure.effect(subsets.step(name), adjust=False),
                share=share,
                lowest=float(np.min(gains)),
                highest=float(np.max(gains)),
                positions=len(subsets.positions(name)),
                requires=tuple(other for other in names if other in subsets.below(name)),
                required_by=tuple(other for other in names if other in subsets.above(name)),
            )
        )
    return tuple(rows)


@dataclass(frozen=True)
class _Measure:
    """Measures contrasts of subsets by the runs of their variants."""

    evidence: Evidence
    metric: Metric
    level: float
    variants: Mapping[Subset, str]

    def effect(self, contrast: LinearContrast | None, *, adjust: bool = True) -> Effect | None:
        """Returns the only effect of its kind; None where a subset has no variant, or runs are missing."""
        interval = self._interval(contrast)
        return Effect(interval, interval.p if adjust else math.nan) if interval else None

    def effects(self, contrasts: Sequence[LinearContrast | None]) -> list[Effect | None]:
        """Returns the effects of one kind; None as in ``effect``."""
        intervals = [self._interval(contrast) for contrast in contrasts]
        p = [interval.p for interval in intervals if interval]
        measurable = sum(contrast is not None and contrast.keys() <= self.variants.keys() for contrast in contrasts)
        complete = len(p) == measurable and not any(map(math.isnan, p))
        adjusted = iter(benjamini_hochberg(p) if complete else [math.nan] * len(p))
        return [Effect(interval, next(adjusted)) if interval else None for interval in intervals]

    def mean(self, contrast: LinearContrast) -> float:
        """Returns the mean of a contrast; NaN where runs are missing."""
        arm = self._arm(contrast)
        return float(arm.values.mean()) if arm else math.nan

    def _interval(self, contrast: LinearContrast | None) -> Interval | None:
        arm = self._arm(contrast) if contrast is not None else None
        return IntervalRule.of(self.evidence.plan).interval(arm, self.level) if arm else None

    def _arm(self, contrast: LinearContrast) -> Arm | None:
        """The contrast of each replicate; weights of subsets that share a variant are added."""
        weights = {self.variants[_NOTHING]: 0.0}  # so that a contrast without weights has an arm of zeros
        for held, weight in contrast.items():
            if held not in self.variants:
                return None
            weights[self.variants[held]] = weights.get(self.variants[held], 0.0) + weight
        rounded = {name: 0.0 if abs(weight) < _NEGLIGIBLE else weight for name, weight in weights.items()}
        return self.evidence.contrast(rounded, self.metric)
