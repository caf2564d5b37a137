"""How far a run has come, as people read it."""

from __future__ import annotations

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

STATES = ("finished", "failed", "missing")


def status_text(results: pd.DataFrame) -> RenderableType:
    """Runs by variant and state, and the reasons of failures.

    Args:
        results: as ``ablation.experiment.results.collect`` gives them.
    """
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("variant", *STATES):
        table.add_column(heading, justify="left" if heading == "variant" else "right")
    for variant, runs in results.groupby("variant", sort=False):
        counts = runs["status"].value_counts()
        table.add_row(Text(str(variant)), *(str(counts.get(state, 0)) for state in STATES))
    failed = results[results["status"] == "failed"]
    reasons = [
        Text(f"failed: {variant}, replicate {replicate + 1}: {reason}", style="red")
        for variant, replicate, reason in failed[["variant", "replicate", "reason"]].itertuples(index=False, name=None)
    ]
    finished = int((results["status"] == "finished").sum())
    return Group(table, *reasons, Text(f"{finished} of {len(results)} runs finished"))
