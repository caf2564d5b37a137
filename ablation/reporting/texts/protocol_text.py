"""What was declared before the first run, what changed since, when claims were made, and what a confirmation asked."""

from collections.abc import Iterator, Mapping
from typing import Any

from ablation.analysis.verdict.looks import Looks
from ablation.experiment.store.confirmations import Confirmation
from ablation.experiment.store.preregistration import ChangedRungs, ChangedSetting, Preregistration, ProtocolChange
from ablation.reporting.texts.effort_text import and_list

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


def looks_lines(looks: Looks) -> Iterator[str]:
    """A clause for several planned looks, and one for looks that were not planned; neither for a single planned one."""
    planned, whole = and_list(looks.planned), _chance(looks.alpha_in_all)
    if len(looks.planned) > 1:
        yield f"planned at {planned} replicates, which share alpha {whole}: {_chance(looks.alpha)} each"
    if looks.unplanned:
        count = "one look" if len(looks.planned) == 1 else f"{len(looks.planned)} looks"
        taken, rate = and_list(looks.unplanned.taken), looks.unplanned.rate
        kept = f"within {whole}" if rate <= looks.alpha_in_all else f"not {whole}"
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
