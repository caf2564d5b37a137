"""Looks: at how many replicates the table may make its claims, and what a look beyond those costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ablation.analysis.verdict.verdict import FEWEST
from ablation.experiment.planning.plan import Plan
from ablation.stats.looks import false_positive_rate, split_alpha


@dataclass(frozen=True)
class UnplannedLooks:
    """Looks that were not all planned.

    Args:
        taken: numbers of replicates at which the table really was looked at, rising, this look among them.
        rate: the chance of a false gain a step that these looks come to.
    """

    taken: tuple[int, ...]
    rate: float


@dataclass(frozen=True)
class Looks:
    """What this look may claim.

    Args:
        planned: numbers of replicates at which the table was to be looked at, rising.
        now: number of replicates of this look.
        alpha: the chance of a false claim that this look may spend.
        alpha_in_all: what all planned looks may spend together.
        planned_look: whether it is a planned one.
        unplanned: the looks that were taken; None where all of them were planned.
    """

    planned: tuple[int, ...]
    now: int
    alpha: float
    alpha_in_all: float
    planned_look: bool
    unplanned: UnplannedLooks | None = None


def single_look(plan: Plan) -> Looks:
    """The only look at a plan's number of replicates, which may spend all of alpha."""
    return Looks((plan.replicates,), plan.replicates, plan.alpha, plan.alpha, planned_look=True)


def looks_of(plan: Plan, taken: Sequence[int]) -> Looks:
    """The look at a plan's number of replicates.

    Without looks in the file, one is planned: where the table could first claim something, else here. Fewer than five
    replicates claim nothing, so looking at them spends nothing. A plan of ``confirm`` or ``calibrate`` has one look.

    Args:
        taken: numbers of replicates at which a finished table was shown before; this one may be among them.
    """
    now = plan.replicates
    if plan.purpose != "ladder":
        return single_look(plan)
    claiming = [each for each in (*taken, now) if each >= FEWEST]
    planned = plan.looks or (*claiming, now)[:1]
    alpha = split_alpha(plan.alpha, len(planned))
    return Looks(planned, now, alpha, plan.alpha, now in planned, _unplanned(sorted(set(claiming)), planned, alpha))


def _unplanned(taken: Sequence[int], planned: Sequence[int], alpha: float) -> UnplannedLooks | None:
    if set(taken) <= set(planned):
        return None
    return UnplannedLooks(tuple(taken), false_positive_rate(taken, [alpha] * len(taken)))
