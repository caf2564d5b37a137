"""How an experiment was conducted: what was declared, tuned and looked at, and what a confirmation asked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ablation.analysis.verdict.looks import Looks
from ablation.analysis.verdict.tuning import Effort, StudyUse
from ablation.experiment.store.confirmations import Confirmation
from ablation.experiment.store.preregistration import ChangedRungs, ChangedSetting, Preregistration, ProtocolChange

_TUNING: Mapping[str, str] = {
    "each_added": "with a study of every variant's own",
    "each_removed": "without a study of every variant's own",
    "replaced": "tuned settings of another study",
    "removed": "tuned settings left out",
}
_RUNGS: Mapping[str, str] = {"added": "with", "removed": "without", "order": "in the order"}


def declared_text(preregistration: Preregistration) -> str:
    """The hash of the protocol as first declared, and what was changed since."""
    hash = preregistration.first.hash[:8]
    if not preregistration.changes:
        return f"as first declared (hash {hash})"
    return f"first declared with hash {hash}; since then: {'; '.join(map(change_text, preregistration.changes))}"


def change_text(change: ProtocolChange) -> str:
    """``margin 2 -> 1``, ``with Focal loss``."""
    if isinstance(change, ChangedSetting):
        return f"{change.name} {_value(change.old)} -> {_value(change.new)}"
    if isinstance(change, ChangedRungs):
        return f"{_RUNGS[change.what]} {_value(change.rungs)}"
    return _TUNING[change.what]


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


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
        yield f"{_and_list(use.rows)} took the best of {_trials_of(use)}, {optimistic}"
    for row, more in effort.steps:
        if more > 0:
            yield f"the step of {row} contains the tuning effort of {_trials(more)}, which the row above did not have"
        else:
            yield f"the row above {row} had the tuning effort of {_trials(-more)} more"
    if effort.more_than_baseline:
        yield f"the gain over the baseline of {_and_list(effort.more_than_baseline)} contains it too"
    if effort.less_than_full:
        names = _and_list(effort.less_than_full)
        yield f"what the full recipe has over {names} contains tuning effort that they did not have"


def _caveats(effort: Effort) -> Iterator[str]:
    """The trials that failed, and the replicates that trials have in common with the runs that judge their choice."""
    if effort.failed:
        yield f"of these trials failed {_and_list([f'{failed} of {row}' for row, failed in effort.failed])}"
    if effort.shared:
        first = "first replicate" if effort.shared == 1 else f"first {effort.shared} replicates"
        yield f"trials ran under the ladder's {first}, so both share their luck; ablation confirm uses fresh ones"


def _trials_of(use: StudyUse) -> str:
    study = f' of the study "{use.study}"' if use.study is not None else " of a study"
    return f"{_trials(use.trials)}{study}"


def _trials(number: int) -> str:
    return f"{number} trial{'s' if number != 1 else ''}"


def looks_lines(looks: Looks) -> Iterator[str]:
    """A clause for several planned looks, and one for looks that were not planned; neither for a single planned one."""
    planned, alpha = _and_list(looks.planned), _chance(looks.alpha_in_all)
    if len(looks.planned) > 1:
        yield f"planned at {planned} replicates, which share alpha {alpha}: {_chance(looks.alpha)} each"
    if looks.unplanned:
        count = "one look" if len(looks.planned) == 1 else f"{len(looks.planned)} looks"
        taken, rate = _and_list(looks.unplanned.taken), looks.unplanned.rate
        kept = f"within {alpha}" if rate <= looks.alpha_in_all else f"not {alpha}"
        yield (
            f"looked at {taken} replicates, planned was {count} at {planned}: the chance of a false gain is about "
            f"{_chance(rate)} a step, {kept}"
        )


def _chance(value: float) -> str:
    """Two digits, without the 0 before the point."""
    return f"{value:.2g}".removeprefix("0")


def confirmation_lines(confirmation: Confirmation) -> Iterator[str]:
    """What was confirmed, on which images, and how often these replicates were asked."""
    fresh = f"{confirmation.replicates} fresh replicates of the baseline and one final recipe"
    yield f"Confirmed: {fresh} ({confirmation.recipe[:8]})."
    if confirmation.on_test:
        yield (
            "Selected on this test set: rungs may have been kept by looking at these very test images; "
            "data.confirm_size sets images aside for a confirmation."
        )
    if confirmation.questions > 1:
        yield (
            f"Asked again: this is question {confirmation.number} of {confirmation.questions} put to the same "
            f"replicates, with another {', '.join(confirmation.changed)}; the chance that one of them is answered by "
            f"luck is up to {confirmation.chance:.2g}."
        )


def _and_list(items: Sequence[object]) -> str:
    """``a, b and c``."""
    *most, last = map(str, items)
    return f"{', '.join(most)} and {last}" if most else last
