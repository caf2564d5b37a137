"""Notes on a rung for readers of a table."""

from ablation.analysis.table.rows import Row
from ablation.analysis.verdict.attribution import RungAttribution


def left_out_note(row: Row) -> str:
    """What a row that leaves a rung out has in common with others; empty for nothing."""
    if row.masked:
        return "masked: later rungs set all that it sets"
    return f"with it: {', '.join(row.left_out_with)}" if row.left_out_with else ""


def required_note(attributed: RungAttribution) -> str:
    """The rungs without which a rung was not measured; empty for none."""
    parts = {"alone on top of": attributed.requires, "left out together with": attributed.required_by}
    return "; ".join(f"{words} {', '.join(rungs)}" for words, rungs in parts.items() if rungs)
