"""How far a run has come, as people read it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ablation.analysis.verdict.tuning import Unplanned
from ablation.reporting.texts.unplanned_text import unplanned_text

STATES = ("finished", "failed", "missing")


def status_text(results: pd.DataFrame, unplanned: Sequence[Unplanned] = ()) -> RenderableType:
    """Runs by variant and state, and the reasons of failures.

    Args:
        results: as ``ablation.experiment.store.results.collect`` gives them.
        unplanned: rungs that wait for a study; they have no runs yet.
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
    waiting = [Text(f"unplanned: + {each.rung}: {unplanned_text(each)}", style="yellow") for each in unplanned]
    return Group(table, *reasons, *waiting, Text(f"{finished} of {len(results)} runs finished"))
