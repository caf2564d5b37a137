"""Equal tuning: whose recipe is the best of how many trials, and which comparisons it makes unequal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ablation.analysis.verdict.tuning import study_behind
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.tuned import Tuned


def effort(plan: Plan) -> str:
    """The trials behind the rows of a plan, as a clause for readers."""
    counts = {name: plan.variant(name).trials for name in (*plan.ladder_rows, *plan.left_out.values())}
    counts |= {each.name: each.trials for each in plan.variants if each.trials}  # rows of other designs
    if not any(counts.values()):
        vain = "; ".join(
            f"{_trials(each.trials)}{_of(each)} found nothing better than the row's own" for each in plan.tuned
        )
        return vain or "no row was tuned by a study"
    return "; ".join((*_taken(plan, counts), *_failed(plan), *_shared(plan)))


def _taken(plan: Plan, counts: dict[str, int]) -> Iterator[str]:
    """Who took the best of how many trials."""
    if len(set(counts.values())) == 1:
        of = _trials(counts[plan.ladder_rows[0]])
        yield f"every row took the best of {of} of its own study, whose best score on validation is optimistic"
    else:
        yield from _tuned(plan, counts)
        yield from _unequal(plan, counts)


def _failed(plan: Plan) -> Iterator[str]:
    """Studies of which some trials gave nothing."""
    found = [f"{each.failed} of {each.row}" for each in plan.tuned if each.failed]
    if found:
        yield f"of these trials failed {_listed(found)}"


def _shared(plan: Plan) -> Iterator[str]:
    """What trials have in common with the runs that judge what they chose."""
    number = max((each.replicates for each in plan.tuned), default=0)
    if number and plan.purpose == "ladder":
        first = "first replicate" if number == 1 else f"first {number} replicates"
        yield f"trials ran under the ladder's {first}, so luck there is luck here; ablation confirm uses fresh ones"


def _tuned(plan: Plan, counts: dict[str, int]) -> Iterator[str]:
    """Each study with the rows that took its best."""
    takers: dict[tuple[str, int], list[str]] = {}
    for name, trials in counts.items():
        if trials:
            takers.setdefault((_of(study_behind(plan, name)), trials), []).append(name)
    for (study, trials), names in takers.items():
        best = f"the best of {_trials(trials)}{study}"
        yield f"{_listed(names)} took {best}, whose best score on validation is optimistic"


def _of(study: Tuned | None) -> str:
    return f' of the study "{study.study}"' if study else " of a study"


def _unequal(plan: Plan, counts: dict[str, int]) -> Iterator[str]:
    """Comparisons of a row that was tuned with one that was tuned less, or more."""
    for above, name in pairwise(plan.ladder_rows):
        more = counts[name] - counts[above]
        if more > 0:
            yield f"the step of {name} contains the tuning effort of {_trials(more)}, which the row above did not have"
        elif more < 0:
            yield f"the row above {name} had the tuning effort of {_trials(-more)} more"
    ahead = [name for name in plan.ladder_rows if counts[name] > counts[plan.ladder_rows[0]]]
    if ahead:
        yield f"the gain over the baseline of {_listed(ahead)} contains it too"
    beside = [name for name in dict.fromkeys(plan.left_out.values()) if name not in plan.ladder_rows]
    less = [name for name in beside if counts[name] < counts[plan.full_row]]
    if less:
        yield f"what the full recipe has over {_listed(less)} contains tuning effort that they did not have"


def _listed(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def _trials(number: int) -> str:
    return f"{number} trial{'s' if number != 1 else ''}"
