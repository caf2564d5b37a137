"""The metrics on val that control a training, and the settings that name them."""

from __future__ import annotations

from ablation.recipe.monitor import Watched
from ablation.recipe.phased import stations
from ablation.recipe.recipe import Recipe


def watched_by(recipe: Recipe, monitored: Watched | None) -> dict[str, Watched]:
    """The metrics that control a training, by the setting that names each.

    Args:
        recipe: with its phases.
        monitored: the metric of the current schedule, if it has one.
    """
    settings = recipe.train
    found = {
        f"phases.{name}.start.metric": phase.start.metric
        for name, phase in recipe.phases.items()
        if phase.start.is_conditional
    }
    if settings.early_stopping:
        found["train.early_stopping.metric"] = settings.early_stopping.metric
    if settings.keep == "best":
        found["train.keep_by"] = settings.keep_by
    if monitored:
        found["schedule.metric"] = monitored
    return found


def watched_throughout(recipe: Recipe) -> set[tuple[str, Watched]]:
    """The settings and metrics of ``watched_by`` in every phase, with that phase's own schedule."""
    return {pair for station in stations(recipe) for pair in watched_by(recipe, station.schedule.watches).items()}
