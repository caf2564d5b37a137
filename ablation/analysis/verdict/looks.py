"""Looks: at how many replicates the table may make claims, and the false-positive rate of unplanned looks."""

from collections.abc import Sequence
from dataclasses import dataclass

from ablation.analysis.verdict.verdict import FEWEST
from ablation.experiment.planning.plan import Plan
from ablation.stats.looks import false_positive_rate, split_alpha


@dataclass(frozen=True)
class UnplannedLooks:
    """Looks that were not all planned: their rising numbers of replicates, this look included.

    ``rate`` is the chance of a false gain per step over these looks.
    """

    taken: tuple[int, ...]
    rate: float


@dataclass(frozen=True)
class Looks:
    """The alpha of this look, and whether it was planned.

    Args:
        planned: rising numbers of replicates of the planned looks; ``now`` is that of this look.
        alpha: the chance of a false claim that this look may spend.
        alpha_in_all: alpha of all planned looks together.
        unplanned: the looks taken, where some of them were not planned; else None.
    """

    planned: tuple[int, ...]
    now: int
    alpha: float
    alpha_in_all: float
    planned_look: bool
    unplanned: UnplannedLooks | None = None


def single_look(plan: Plan) -> Looks:
    """Returns a single look at a plan's number of replicates, which may spend all of alpha."""
    return Looks((plan.replicates,), plan.replicates, plan.alpha, plan.alpha, planned_look=True)


def looks_of(plan: Plan, taken: Sequence[int]) -> Looks:
    """Returns the look at a plan's number of replicates.

    Without looks in the file, one is planned: the first that could claim something, else this one. Fewer than five
    replicates claim nothing, so such a look spends nothing. A plan of ``confirm`` or ``calibrate`` has one look.

    Args:
        taken: numbers of replicates at which a finished table was shown before; this one may be included.
    """
    now = plan.replicates
    if plan.purpose != "ladder":
        return single_look(plan)
    claiming = [look for look in (*taken, now) if look >= FEWEST]
    planned = plan.looks or (*claiming, now)[:1]
    alpha = split_alpha(plan.alpha, len(planned))
    all_taken = sorted(set(claiming))
    unplanned = None
    if not set(all_taken) <= set(planned):
        unplanned = UnplannedLooks(tuple(all_taken), false_positive_rate(all_taken, [alpha] * len(all_taken)))
    return Looks(planned, now, alpha, plan.alpha, now in planned, unplanned)
