"""Whose settings are the best of how many trials, and which comparisons that makes unequal, in words."""

from collections.abc import Iterator, Sequence

from ablation.analysis.verdict.tuning import Effort, StudyUse


def effort_text(effort: Effort) -> str:
    """The trials behind the rows, as a clause."""
    if not effort.taken:
        unused = "; ".join(f"{_trials_of(each)} found nothing better than the row's own" for each in effort.unused)
        return unused or "no row was tuned by a study"
    return "; ".join((*_taken(effort), *_failed(effort), *_shared(effort)))


def _taken(effort: Effort) -> Iterator[str]:
    """Which rows took the best of how many trials."""
    if effort.every_row is not None:
        own = f"the best of {_trials(effort.every_row)} of its own study"
        yield f"every row took {own}, whose best score on validation is optimistic"
        return
    for each in effort.taken:
        best = f"the best of {_trials_of(each)}"
        yield f"{_listed(each.rows)} took {best}, whose best score on validation is optimistic"
    yield from _unequal(effort)


def _unequal(effort: Effort) -> Iterator[str]:
    """Comparisons of a row that was tuned with one that was tuned less, or more."""
    for row, more in effort.steps:
        if more > 0:
            yield f"the step of {row} contains the tuning effort of {_trials(more)}, which the row above did not have"
        else:
            yield f"the row above {row} had the tuning effort of {_trials(-more)} more"
    if effort.more_than_baseline:
        yield f"the gain over the baseline of {_listed(effort.more_than_baseline)} contains it too"
    if effort.less_than_full:
        names = _listed(effort.less_than_full)
        yield f"what the full recipe has over {names} contains tuning effort that they did not have"


def _failed(effort: Effort) -> Iterator[str]:
    """Studies of which some trials failed."""
    if effort.failed:
        yield f"of these trials failed {_listed([f'{failed} of {row}' for row, failed in effort.failed])}"


def _shared(effort: Effort) -> Iterator[str]:
    """The replicates that the trials have in common with the runs that judge what they chose."""
    if effort.shared:
        first = "first replicate" if effort.shared == 1 else f"first {effort.shared} replicates"
        yield f"trials ran under the ladder's {first}, so luck there is luck here; ablation confirm uses fresh ones"


def _trials_of(taken: StudyUse) -> str:
    study = f' of the study "{taken.study}"' if taken.study is not None else " of a study"
    return f"{_trials(taken.trials)}{study}"


def _trials(number: int) -> str:
    return f"{number} trial{'s' if number != 1 else ''}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
