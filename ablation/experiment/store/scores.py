"""Scores of finished predictions: as they were recorded, or computed from the predictions that were kept."""

from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.import_path import is_import_path
from ablation.metrics.metric import Metric
from ablation.metrics.registry import metric
from ablation.stage import Stage


def prediction_score(scored_by: Metric, stage: Stage, store: ContentStore) -> float:
    """A metric of a finished prediction, raw, whether or not the metric existed when it was made."""
    recorded: dict[str, float] = store.outcome(stage.address)["metrics"]
    if scored_by.name in recorded:
        return recorded[scored_by.name]
    return scored_by.value(store.predictions(stage.address).predicted(stage.task.get("positive")))


def own_metrics(plan: Plan) -> tuple[Metric, ...]:
    """The declared metric where it is the user's own, which no outcome records; a ``UserError`` if it is not found."""
    return (metric(plan.metric),) if is_import_path(plan.metric) else ()


def prediction_scores(plan: Plan, address: str, store: ContentStore) -> dict[str, float]:
    """Every metric of a finished prediction by name: those that were recorded, and the declared one."""
    recorded: dict[str, float] = store.outcome(address)["metrics"]
    return recorded | {own.name: prediction_score(own, plan.stages[address], store) for own in own_metrics(plan)}
