"""What was declared before the first run, what changed since, and what a confirmation asked, as lines for a footer."""

from collections.abc import Iterator, Mapping
from typing import Any

from ablation.experiment.store.confirmations import Confirmation
from ablation.experiment.store.preregistration import ChangedRungs, ChangedSetting, Preregistration, ProtocolChange

_TUNING: Mapping[str, str] = {
    "each_added": "with a study of every variant's own",
    "each_removed": "without a study of every variant's own",
    "replaced": "tuned settings of another study",
    "removed": "tuned settings left out",
}
_RUNGS: Mapping[str, str] = {"added": "with", "removed": "without", "order": "in the order"}


def declared_text(history: Preregistration) -> str:
    """The hash of the protocol as first declared, and what was changed since."""
    shown = history.first.hash[:8]
    if not history.changes:
        return f"as first declared (hash {shown})"
    return f"first declared with hash {shown}; since then: {'; '.join(map(change_text, history.changes))}"


def change_text(change: ProtocolChange) -> str:
    """``margin 2 -> 1``, ``with Focal loss``."""
    if isinstance(change, ChangedSetting):
        return f"{change.name} {_value(change.old)} -> {_value(change.new)}"
    if isinstance(change, ChangedRungs):
        return f"{_RUNGS[change.what]} {_value(change.rungs)}"
    return _TUNING[change.what]


def confirmation_lines(asked: Confirmation) -> Iterator[str]:
    """What was confirmed, on which images, and how often these replicates were asked."""
    yield f"Confirmed: {asked.replicates} fresh replicates of the baseline and one final recipe ({asked.recipe[:8]})."
    if asked.on_test:
        yield (
            "Selected on this test set: rungs may have been kept by looking at these very test images; "
            "data.confirm_size sets images aside for a confirmation."
        )
    if asked.questions > 1:
        yield (
            f"Asked again: this is question {asked.number} of {asked.questions} put to the same replicates, with "
            f"another {', '.join(asked.changed)}; the chance that one of them is answered by luck is up to "
            f"{asked.chance:.2g}."
        )


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
