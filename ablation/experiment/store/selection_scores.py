"""Validation scores and costs, by which rows may be selected. Nothing here reads predictions of test images."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import model_costs, training_costs
from ablation.experiment.store.scores import prediction_score
from ablation.metrics.metric import Metric
from ablation.metrics.registry import known_metrics


def selection_scores(plan: Plan, store: ContentStore, own: Sequence[Metric] = ()) -> pd.DataFrame:
    """One row a run whose validation images are predicted: ``variant``, ``replicate``, ``val/<metric>`` and the costs.

    The costs are those of ``ablation.experiment.store.results.collect``.

    Args:
        own: the user's metrics, computed from the kept predictions of the validation images.
    """
    rows = [_row(run, plan, store, own) for run in plan.runs if _has_scores(run, plan, store)]
    scores = [f"val/{name}" for name in (*known_metrics(), *(metric.name for metric in own))]
    costs = ["train_seconds", "images_per_second", "peak_memory_mb", "parameters", "latency_ms_1", "latency_ms_64"]
    return pd.DataFrame(rows, columns=["variant", "replicate", *scores, *costs])


def _has_scores(run: Run, plan: Plan, store: ContentStore) -> bool:
    return all(map(store.has, (run.val, *plan.trainings_of(run))))


def _row(run: Run, plan: Plan, store: ContentStore, own: Sequence[Metric]) -> dict[str, Any]:
    metrics = store.outcome(run.val)["metrics"]
    row: dict[str, Any] = {"variant": run.variant, "replicate": run.replicate}
    row |= {f"val/{name}": value for name, value in metrics.items()}
    row |= {f"val/{metric.name}": prediction_score(metric, plan.stages[run.val], store) for metric in own}
    return row | training_costs(run, plan, store) | model_costs(run, store)
