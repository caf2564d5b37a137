"""Equal tuning: whose recipe is the best of how many trials, and which comparisons it makes unequal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ablation.experiment.plan import Plan
from ablation.experiment.tuned import Tuned
from ablation.judgement.tuning import study_behind


def effort(plan: Plan) -> str:
    """The trials behind the rows of a plan, as a clause for readers."""
    counts = {name: plan.variant(name).trials for name in (*plan.ladder_rows, *plan.left_out.values())}
    if not any(counts.values()):
        return "no row was tuned by a study"
    if len(set(counts.values())) == 1:
        of = _trials(counts[plan.ladder_rows[0]])
        return f"every row took the best of {of} of its own study, whose best score on validation is optimistic"
    return "; ".join((*_tuned(plan, counts), *_unequal(plan, counts)))


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
