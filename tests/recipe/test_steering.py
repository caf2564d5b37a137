"""Which metrics a recipe steers by, over all its sections and phases."""

from __future__ import annotations

from ablation.recipe.recipe import Recipe
from ablation.recipe.steering import watched_by, watched_throughout

STEERED = Recipe.model_validate(
    {
        "data": "digits",
        "train": {"early_stopping": {"metric": "mcc"}, "keep": "best", "keep_by": "auroc"},
        "phases": {
            "known": {"start": 2, "patch": {"mix": "mixup"}},
            "unknown": {
                "start": {"epoch": 2, "metric": "brier", "plateau": 2},
                "patch": {"schedule": {"name": "plateau", "metric": "loss"}},
            },
        },
    }
)
FIXED = {"phases.unknown.start.metric": "brier", "train.early_stopping.metric": "mcc", "train.keep_by": "auroc"}


def test_the_watched_metrics_are_those_that_anything_steers_by() -> None:
    assert watched_by(STEERED, "average_precision") == FIXED | {"schedule.metric": "average_precision"}
    assert watched_by(STEERED, None) == FIXED
    assert watched_by(Recipe.model_validate({"data": "digits"}), None) == {}


def test_a_schedule_that_a_phase_brings_counts_throughout() -> None:
    assert watched_throughout(STEERED) == {*FIXED.items(), ("schedule.metric", "loss")}
