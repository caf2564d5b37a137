"""Reads everything that a table needs from the store, and makes the table."""

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.selection import FRONTIER_COSTS, frontier
from ablation.analysis.diagnosis.diagnose import findings
from ablation.analysis.table.conditions import Records
from ablation.analysis.table.table import Table, ladder_table
from ablation.analysis.verdict.looks import looks_of
from ablation.analysis.verdict.validity import margin_in, problems
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.confirmations import confirmation
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.preregistration import preregistration
from ablation.experiment.store.provenance import provenance
from ablation.experiment.store.results import collect
from ablation.experiment.store.selection_scores import selection_scores
from ablation.import_path import is_import_path


def analyse(plan: Plan, store: ContentStore, metric: str | None = None) -> Table:
    """Returns the table of a plan's runs, from the store alone.

    Args:
        metric: shown instead of the declared one, computed from stored predictions; its verdicts are exploratory.

    Raises:
        UserError: the metric is unknown, or needs a positive class that the data do not declare.
    """
    evidence = Evidence(plan, collect(plan, store), lambda run: store.predictions(run.test))
    shown = evidence.metric(metric or plan.metric)
    if shown.needs_positive and plan.variant(plan.ladder_rows[0]).recipe["data"]["positive_class"] is None:
        raise UserError(
            f"{shown.name} is that of one class", place="metric", remedy="set data.positive_class, or use macro_f1"
        )
    wrong = problems(evidence, shown, lambda run: provenance(run, store))
    protocol = preregistration(plan, store)
    chosen_from = selection_scores(plan, store, [shown] if is_import_path(shown.name) else [])
    costs = FRONTIER_COSTS if plan.purpose == "ladder" else ()  # a confirmation chooses nothing
    frontiers = (frontier(plan, chosen_from, shown, margin_in(plan, shown), cost) for cost in costs)
    return ladder_table(
        evidence,
        metric,
        looks_of(plan, protocol.looks),
        problems=wrong,
        frontiers=list(filter(None, frontiers)),
        records=Records(protocol, confirmation(plan, store), findings(plan, store)),
    )
