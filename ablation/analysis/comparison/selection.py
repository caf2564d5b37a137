"""Which rungs to keep: a frontier of score against cost, chosen on validation.

It is given validation scores and costs, and nothing from which it could reach a test image: choosing on the test set
would make the chosen look better than it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ablation.experiment.planning.plan import Plan
from ablation.metrics.metric import Metric

FRONTIER_COSTS = ("train_seconds", "latency_ms_1")
"""What a gain is bought with: time to train, and time to predict."""
_NOISE = 0.05
"""Share by which a cost must be lower to count as lower: times are measured, on machines that others share."""


@dataclass(frozen=True)
class Candidate:
    """A variant that was measured.

    Args:
        variant: its name.
        rungs: those it holds.
        score: mean validation score over the replicates, in the unit it is shown in.
        cost: mean, in the cost's own unit.
        ratio: of the cost to the baseline's.
    """

    variant: str
    rungs: tuple[str, ...]
    score: float
    cost: float
    ratio: float


@dataclass(frozen=True)
class Frontier:
    """The variants that no other one beats at once in score and in cost, the cheapest first.

    Args:
        cost: the column of the cost.
        candidates: the frontier.
        measured: how many variants were looked at.
        best: the one with the highest score.
        enough: the cheapest whose score is within the margin of the best one's; None without a margin.
    """

    cost: str
    candidates: tuple[Candidate, ...]
    measured: int
    best: Candidate
    enough: Candidate | None


def frontier(plan: Plan, validation: pd.DataFrame, metric: Metric, margin: float, cost: str) -> Frontier | None:
    """The frontier of a plan's finished variants; None where the cost or the scores are missing.

    Args:
        validation: one row a finished run: ``variant``, ``val/<metric>`` and the costs, and no test score.
        margin: smallest difference worth having, in the unit that scores are shown in; NaN for none.

    Raises:
        ValueError: the frame holds a test score.
    """
    if any(str(column).startswith("test/") for column in validation.columns):
        raise ValueError("what chooses must not see test scores")
    found = _candidates(plan, validation, f"val/{metric.name}", cost, metric.scale)
    if not found:
        return None
    sign = 1.0 if metric.higher_is_better else -1.0
    kept = _undominated(found, sign)
    best = kept[-1]
    enough = next((each for each in kept if sign * (best.score - each.score) <= margin), None)
    return Frontier(cost, tuple(kept), len(found), best, enough)


def _candidates(plan: Plan, frame: pd.DataFrame, score: str, cost: str, scale: float) -> list[Candidate]:
    """Variants of which every replicate has a score and a cost; controls are no choice."""
    if score not in frame or cost not in frame:
        return []
    known = frame.dropna(subset=[score, cost]).groupby("variant")[[score, cost]].agg(["mean", "size"])
    means: Mapping[str, tuple[float, float]] = {
        str(name): (float(row[(score, "mean")]), float(row[(cost, "mean")]))
        for name, row in known.iterrows()
        if row[(score, "size")] == len(plan.runs_of(str(name)))
    }
    base = means.get(plan.ladder_rows[0], (float("nan"), float("nan")))[1]
    controls = {f"+ {rung.name}" for rung in plan.rungs if rung.control}
    return [
        Candidate(each.name, each.rungs, scale * means[each.name][0], means[each.name][1], means[each.name][1] / base)
        for each in plan.variants
        if each.name in means and each.name not in controls
    ]


def _undominated(found: Sequence[Candidate], sign: float) -> list[Candidate]:
    """The best, and each that costs less than all that score better; by rising cost."""
    kept: list[Candidate] = []
    for each in sorted(found, key=lambda one: (-sign * one.score, one.cost)):
        if not kept or each.cost * (1 + _NOISE) < kept[-1].cost:
            kept.append(each)
    return kept[::-1]
