"""Trainings that are made again although their settings are the same, in a line."""

from collections.abc import Iterator, Sequence

from ablation.experiment.planning.made_again import AddressChange, MadeAgain

_NAMED = 3
"""Modules that a line names."""
_RECIPE = "ablation.recipe."


def made_again_text(again: MadeAgain) -> str:
    """How many trainings of the last run are made again, and why."""
    many = again.trainings != 1
    reasons = "; ".join(_reasons(again.changes)) or "the experiment's seed, protocol or split changed"
    return f"{again.trainings} training{'s' * many} of the last run {'are' if many else 'is'} made again: {reasons}"


def _reasons(changes: Sequence[AddressChange]) -> Iterator[str]:
    for change in changes:
        if change.kind == "earlier":
            yield "made by an earlier version of ablation"
        elif change.kind == "data":
            yield "the data changed"
        elif change.kind == "version":
            yield f"{change.name} {change.old} is now {change.new}"
    modules = [change.name.removeprefix(_RECIPE) for change in changes if change.kind == "code"]
    if modules:
        others = f" and {len(modules) - _NAMED} other modules" if len(modules) > _NAMED else ""
        yield f"the code of {', '.join(modules[:_NAMED])}{others} changed"
