"""How long the missing trainings will take: from finished ones of the same kind, else from a few timed steps."""

from collections.abc import Callable, Mapping
from typing import Any

from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recipe.merge import merged
from ablation.stage import Stage


def kind_of(stage: Stage) -> str:
    """Trainings of one kind take about the same time per image; with phases, the settings of the last one count."""
    recipe = stage.task["recipe"]
    for phase in recipe["phases"].values():
        recipe = merged(recipe, phase["patch"])
    content = {name: dict(recipe[name]) for name in ("model", "augment", "train", "optimizer")}
    content["model"].pop("weights", None)
    content["train"].pop("epochs", None)
    return address({**content, "image_size": recipe["data"]["image_size"]})


def seconds_left(plan: Plan, store: ContentStore, measure: Callable[[Mapping[str, Any]], float]) -> float:
    """Seconds that the missing trainings of a plan will take in one slot.

    Args:
        measure: returns the seconds per training image of a stage's task; called once for each kind without a
            finished training.
    """
    trainings = [stage for stage in plan.stages.values() if stage.kind == "train"]
    missing = [stage for stage in trainings if not store.has(stage.address)]
    rates = rates_of([stage for stage in trainings if store.has(stage.address)], store)
    for stage in missing:
        if kind_of(stage) not in rates:
            rates[kind_of(stage)] = measure(stage.task)
    return sum(stage.work * rates[kind_of(stage)] for stage in missing)


def rates_of(finished: list[Stage], store: ContentStore) -> dict[str, float]:
    """Seconds per training image of each kind, from the latest finished training of it."""
    rates = {}
    for stage in finished:
        outcome = store.outcome(stage.address)
        if outcome["images"]:  # none in a part after an early stop
            rates[kind_of(stage)] = outcome["seconds"] / outcome["images"]
    return rates
