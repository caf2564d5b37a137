"""How far a run has come, as people read it."""

from collections.abc import Iterator

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ablation.experiment.planning.plan import Plan
from ablation.invocation import RUN
from ablation.reporting.texts.remedies import NO_STUDY, remedy_lines, study_lines, unbroken

_STATES = ("finished", "failed", "missing")


def status_text(results: pd.DataFrame, plan: Plan) -> RenderableType:
    """Runs by variant and state, and the reasons of failures.

    Args:
        results: as ``ablation.experiment.store.results.collect`` gives them.
        plan: whose runs they are; rungs that wait for a study have none yet.
    """
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("variant", *_STATES):
        table.add_column(heading, justify="left" if heading == "variant" else "right")
    for variant, runs in results.groupby("variant", sort=False):
        counts = runs["status"].value_counts()
        table.add_row(Text(str(variant)), *(str(counts.get(state, 0)) for state in _STATES))
    failed = results[results["status"] == "failed"]
    reasons = [
        Text(f"failed: {variant}, replicate {replicate + 1}: {reason}", style="red")
        for variant, replicate, reason in failed[["variant", "replicate", "reason"]].itertuples(index=False, name=None)
    ]
    finished = int((results["status"] == "finished").sum())
    waiting = [Text(f"unplanned: + {rung}: {NO_STUDY}", style="yellow") for rung in plan.unplanned]
    lines = [*study_lines(plan.remedy, bool(plan.unplanned), plan.invocation), *_missing(results, plan)]
    sums = Text(f"{finished} of {len(results)} runs finished")
    return Group(table, *reasons, *waiting, *map(unbroken, lines), sums)


def _missing(results: pd.DataFrame, plan: Plan) -> Iterator[str]:
    if (results["status"] == "missing").any():
        yield from remedy_lines([RUN], plan.invocation)
