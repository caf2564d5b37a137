"""What else a reader must know of a rung, in words."""

from ablation.analysis.table.agreement import RungAgreement
from ablation.analysis.table.rows import Row
from ablation.analysis.verdict.attribution import RungAttribution


def left_out_note(row: Row) -> str:
    """What a row that leaves a rung out has in common with others; empty where there is nothing to say."""
    if row.masked:
        return "masked: later rungs set all that it sets"
    return f"with it: {', '.join(row.left_out_with)}" if row.left_out_with else ""


def required_note(attributed: RungAttribution) -> str:
    """The rungs without which a rung was not measured; empty without any."""
    parts = {"alone on top of": attributed.requires, "left out together with": attributed.required_by}
    return "; ".join(f"{words} {', '.join(rungs)}" for words, rungs in parts.items() if rungs)


def shared_note(shared: RungAgreement) -> str:
    """Why the same rung in several experiments may not be the same change; empty where nothing is known against it."""
    if shared.in_one_only:
        return "in one experiment only"
    return f"not the same change everywhere: {', '.join(shared.differing)}" if shared.differing else ""
