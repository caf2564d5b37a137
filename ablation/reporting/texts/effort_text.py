"""Which rows use the best of how many trials, and which comparisons that makes unequal, in words."""

from collections.abc import Iterator, Sequence

from ablation.analysis.verdict.tuning_effort import Effort, StudyUse


def effort_text(effort: Effort) -> str:
    """The trials behind the rows, as a clause."""
    if not effort.taken:
        unused = "; ".join(f"{_trials_of(use)} found nothing better than the row's own" for use in effort.unused)
        return unused or "no row was tuned by a study"
    return "; ".join((*_taken(effort), *_caveats(effort)))


def _taken(effort: Effort) -> Iterator[str]:
    """Which rows took the best of how many trials, and the comparisons of rows with unequal numbers."""
    optimistic = "whose best score on validation is optimistic"
    if effort.every_row is not None:
        yield f"every row took the best of {_trials(effort.every_row)} of its own study, {optimistic}"
        return
    for use in effort.taken:
        yield f"{and_list(use.rows)} took the best of {_trials_of(use)}, {optimistic}"
    for row, more in effort.steps:
        if more > 0:
            yield f"the step of {row} contains the tuning effort of {_trials(more)}, which the row above did not have"
        else:
            yield f"the row above {row} had the tuning effort of {_trials(-more)} more"
    if effort.more_than_baseline:
        yield f"the gain over the baseline of {and_list(effort.more_than_baseline)} contains it too"
    if effort.less_than_full:
        names = and_list(effort.less_than_full)
        yield f"what the full recipe has over {names} contains tuning effort that they did not have"


def _caveats(effort: Effort) -> Iterator[str]:
    """The trials that failed, and the replicates that trials have in common with the runs that judge their choice."""
    if effort.failed:
        yield f"of these trials failed {and_list([f'{failed} of {row}' for row, failed in effort.failed])}"
    if effort.shared:
        first = "first replicate" if effort.shared == 1 else f"first {effort.shared} replicates"
        yield f"trials ran under the ladder's {first}, so luck there is luck here; ablation confirm uses fresh ones"


def _trials_of(use: StudyUse) -> str:
    study = f' of the study "{use.study}"' if use.study is not None else " of a study"
    return f"{_trials(use.trials)}{study}"


def _trials(number: int) -> str:
    return f"{number} trial{'s' if number != 1 else ''}"


def and_list(items: Sequence[object]) -> str:
    """``a, b and c``."""
    *most, last = map(str, items)
    return f"{', '.join(most)} and {last}" if most else last
