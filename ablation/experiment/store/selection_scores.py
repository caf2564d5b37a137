"""Validation scores and costs, by which rows may be selected. Nothing here reads predictions of test images."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import COSTS, MODEL_COSTS, model_costs, training_costs
from ablation.experiment.store.scores import prediction_score
from ablation.metrics.metric import Metric
from ablation.metrics.registry import known_metrics


def selection_scores(plan: Plan, store: ContentStore, own: Sequence[Metric] = ()) -> pd.DataFrame:
    """One row a run whose validation images are predicted: ``variant``, ``replicate``, ``val/<metric>`` and costs.

    The costs are those of ``results.collect``; ``own`` are the user's metrics, computed from the stored predictions.
    """
    scored = [run for run in plan.runs if all(map(store.has, (run.val, *plan.trainings_of(run))))]
    rows = [_row(run, plan, store, own) for run in scored]
    scores = [f"val/{name}" for name in (*known_metrics(), *(metric.name for metric in own))]
    return pd.DataFrame(rows, columns=["variant", "replicate", *scores, *COSTS, *MODEL_COSTS])


def _row(run: Run, plan: Plan, store: ContentStore, own: Sequence[Metric]) -> dict[str, Any]:
    metrics = store.outcome(run.val)["metrics"]
    row: dict[str, Any] = {"variant": run.variant, "replicate": run.replicate}
    row |= {f"val/{name}": value for name, value in metrics.items()}
    row |= {f"val/{metric.name}": prediction_score(metric, plan.stages[run.val], store) for metric in own}
    return row | training_costs(run, plan, store) | model_costs(run, store)
