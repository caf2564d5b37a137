"""From a plan and a store to the table: everything that is read, in one place."""

from __future__ import annotations

from collections.abc import Sequence

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.selection import COSTS, frontier
from ablation.analysis.table.footer import footer
from ablation.analysis.table.table import Table, ladder_table
from ablation.analysis.verdict.looks import looks_of
from ablation.analysis.verdict.validity import margin_in, problems
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.confirmations import remarks
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.preregistration import changes_text, history
from ablation.experiment.store.provenance import provenance
from ablation.experiment.store.results import collect
from ablation.experiment.store.selection_scores import validation


def judge(plan: Plan, store: ContentStore, metric: str | None = None, warnings: Sequence[str] = ()) -> Table:
    """The table of a plan's runs, from the store alone.

    Args:
        metric: instead of the declared one; it is computed from kept predictions, and explores.
        warnings: what the trainings suffer from, for the footer.

    Raises:
        UserError: the metric is unknown.
    """
    evidence = Evidence(plan, collect(plan, store), lambda run: store.predictions(run.test))
    shown = evidence.metric(metric or plan.metric)
    if shown.name == "f1" and plan.variant(plan.ladder_rows[0]).recipe["data"]["positive_class"] is None:
        raise UserError("f1 is that of one class", place="metric", remedy="set data.positive_class, or use macro_f1")
    wrong = problems(evidence, shown, lambda run: provenance(run, store))
    declared = history(plan, store)
    looks = looks_of(plan, declared.looks)
    chosen_from = validation(plan, store)
    costs = COSTS if plan.purpose == "ladder" else ()  # a confirmation has nothing to choose from
    frontiers = (frontier(plan, chosen_from, shown, margin_in(plan, shown), cost) for cost in costs)
    return ladder_table(
        evidence,
        metric,
        looks,
        problems=wrong,
        frontiers=[each for each in frontiers if each],
        footer=footer(
            plan,
            shown,
            examples=evidence.has_one_test_set,
            looks=looks,
            protocol=(*(f"Declared: {each}." for each in changes_text(declared)), *remarks(plan, store)),
            diverged=_diverged(evidence),
            warnings=warnings,
        ),
    )


def _diverged(evidence: Evidence) -> list[str]:
    counts = {each.name: evidence.diverged(each.name) for each in evidence.plan.variants}
    return [f"{name} ({number} of {evidence.count(name, 'finished')})" for name, number in counts.items() if number]
