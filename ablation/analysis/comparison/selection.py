"""Which rungs to keep: the Pareto frontier of validation score against cost.

It reads validation scores and costs only: a choice on the test set would make the choice look better than it is.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ablation.experiment.planning.plan import Plan
from ablation.metrics.metric import Metric

FRONTIER_COSTS = ("train_seconds", "latency_ms_1")
"""Columns of the costs that a frontier is made for: time to train, and time to predict one image."""
_NOISE = 0.05
"""Share by which a cost must be lower to count as lower: measured times vary on shared machines."""


@dataclass(frozen=True)
class Candidate:
    """A measured variant: means over the replicates of its validation score (display unit) and its cost (own unit).

    ``ratio`` is the cost over the baseline's.
    """

    variant: str
    rungs: tuple[str, ...]
    score: float
    cost: float
    ratio: float


@dataclass(frozen=True)
class Frontier:
    """The variants that no other variant beats in both score and cost, the cheapest first.

    Args:
        measured: number of variants with a score and a cost.
        enough: the cheapest candidate whose score is within the margin of the best; None without a margin.
    """

    cost: str
    candidates: tuple[Candidate, ...]
    measured: int
    best: Candidate
    enough: Candidate | None


def frontier(plan: Plan, validation: pd.DataFrame, metric: Metric, margin: float, cost: str) -> Frontier | None:
    """Returns the frontier of a plan's finished variants; None where the cost or the scores are missing.

    Args:
        validation: one row for each finished run: ``variant``, ``val/<metric>`` and the costs; no test score.
        margin: smallest difference worth having, in the display unit; NaN for none.

    Raises:
        ValueError: the frame holds a test score.
    """
    if any(str(column).startswith("test/") for column in validation.columns):
        raise ValueError("what chooses must not see test scores")
    candidates = _candidates(plan, validation, f"val/{metric.name}", cost, metric.scale)
    if not candidates:
        return None
    sign = 1.0 if metric.higher_is_better else -1.0
    kept = _undominated(candidates, sign)
    enough = next((one for one in kept if sign * (kept[-1].score - one.score) <= margin), None)
    return Frontier(cost, tuple(kept), len(candidates), kept[-1], enough)


def _candidates(plan: Plan, frame: pd.DataFrame, score: str, cost: str, scale: float) -> list[Candidate]:
    """Variants with a score and a cost for every replicate; controls are excluded."""
    if score not in frame or cost not in frame:
        return []
    measured = frame.dropna(subset=[score, cost]).groupby("variant")[[score, cost]].agg(["mean", "size"])
    means: Mapping[str, tuple[float, float]] = {
        str(name): (float(row[(score, "mean")]), float(row[(cost, "mean")]))
        for name, row in measured.iterrows()
        if row[(score, "size")] == len(plan.runs_of(str(name)))
    }
    base = means.get(plan.ladder_rows[0], (math.nan, math.nan))[1]
    controls = {f"+ {rung.name}" for rung in plan.rungs if rung.control}
    kept = [(each, *means[each.name]) for each in plan.variants if each.name in means and each.name not in controls]
    return [Candidate(each.name, each.rungs, scale * mean, paid, paid / base) for each, mean, paid in kept]


def _undominated(candidates: Sequence[Candidate], sign: float) -> list[Candidate]:
    """The best candidate, and each that costs less than all with better scores; by rising cost."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda one: (-sign * one.score, one.cost)):
        if not kept or candidate.cost * (1 + _NOISE) < kept[-1].cost:
            kept.append(candidate)
    return kept[::-1]
