"""How far a run has come, as people read it."""

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ablation.experiment.planning.plan import Plan
from ablation.invocation import RUN
from ablation.reporting.texts.remedies import NO_STUDY, remedy_lines, study_lines, unbroken

_STATES = ("finished", "failed", "missing")


def status_text(results: pd.DataFrame, plan: Plan) -> RenderableType:
    """Runs by variant and state, the reasons of failures, and the rungs that wait for a study.

    Args:
        results: of the plan's runs, as ``ablation.experiment.store.results.collect`` returns them.
    """
    table = Table("variant", *(Column(state, justify="right") for state in _STATES), box=None, padding=(0, 2, 0, 0))
    for variant, runs in results.groupby("variant", sort=False):
        counts = runs["status"].value_counts()
        table.add_row(Text(str(variant)), *(str(counts.get(state, 0)) for state in _STATES))
    failed = results.loc[results["status"] == "failed", ["variant", "replicate", "reason"]]
    missing = [RUN] if (results["status"] == "missing").any() else []
    lines = (*study_lines(plan.remedy, bool(plan.unplanned), plan.invocation), *remedy_lines(missing, plan.invocation))
    return Group(
        table,
        *(
            Text(f"failed: {variant}, replicate {replicate + 1}: {reason}", style="red")
            for variant, replicate, reason in failed.itertuples(index=False, name=None)
        ),
        *(Text(f"unplanned: + {rung}: {NO_STUDY}", style="yellow") for rung in plan.unplanned),
        *map(unbroken, lines),
        Text(f"{(results['status'] == 'finished').sum()} of {len(results)} runs finished"),
    )
