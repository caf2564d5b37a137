"""Looks: at how many replicates the table may make its claims, and what a look beyond those costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ablation.analysis.verdict.verdict import FEWEST
from ablation.experiment.planning.plan import Plan
from ablation.stats.looks import false_positive_rate, split_alpha


@dataclass(frozen=True)
class Looks:
    """What this look may claim.

    Args:
        planned: numbers of replicates at which the table was to be looked at, rising.
        now: number of replicates of this look.
        alpha: the chance of a false claim that this look may spend.
        planned_look: whether it is a planned one.
        notes: lines for readers; none where one look was planned and this is it.
    """

    planned: tuple[int, ...]
    now: int
    alpha: float
    planned_look: bool
    notes: tuple[str, ...]


def looks_of(plan: Plan, taken: Sequence[int]) -> Looks:
    """The look at a plan's number of replicates.

    Without looks in the file, one is planned: where the table could first claim something, else here. Fewer than five
    replicates claim nothing, so looking at them spends nothing. Plans that are no ladder's have replicates of their
    own, which are looked at once.

    Args:
        taken: numbers of replicates at which a finished table was shown before; this one may be among them.
    """
    now = plan.replicates
    if plan.purpose != "ladder":
        return Looks((now,), now, plan.alpha, True, ())
    claiming = [each for each in (*taken, now) if each >= FEWEST]
    planned = plan.looks or (*claiming, now)[:1]
    alpha = split_alpha(plan.alpha, len(planned))
    notes = (_shared(planned, alpha, plan.alpha), _unplanned(sorted(set(claiming)), planned, alpha, plan.alpha))
    return Looks(planned, now, alpha, now in planned, tuple(filter(None, notes)))


def _shared(planned: Sequence[int], alpha: float, whole: float) -> str:
    if len(planned) == 1:
        return ""
    return f"planned at {_listed(planned)} replicates, which share alpha {_chance(whole)}: {_chance(alpha)} each"


def _unplanned(taken: Sequence[int], planned: Sequence[int], alpha: float, whole: float) -> str:
    """What the looks that were really taken come to; empty where all of them were planned."""
    if set(taken) <= set(planned):
        return ""
    rate = false_positive_rate(taken, [alpha] * len(taken))
    looks = "one look" if len(planned) == 1 else f"{len(planned)} looks"
    against = f"within {_chance(whole)}" if rate <= whole else f"not {_chance(whole)}"
    return (
        f"looked at {_listed(taken)} replicates, planned was {looks} at {_listed(planned)}: the chance of a false gain "
        f"is about {_chance(rate)} a step, {against}"
    )


def _listed(numbers: Sequence[int]) -> str:
    *most, last = (str(each) for each in numbers)
    return f"{', '.join(most)} and {last}" if most else last


def _chance(value: float) -> str:
    """Two digits, without the 0 before the point."""
    return f"{value:.2g}".removeprefix("0")
