"""Refuses recipes that a contestant would train otherwise than the core, before anything is timed."""

from collections.abc import Sequence

from ablation.errors import UserError
from ablation.recipe.recipe import Recipe


def check(row: str, unsupported: Sequence[str]) -> None:
    """Refuse a row whose recipe has unsupported settings.

    Raises:
        UserError: it has some.
    """
    if unsupported:
        raise UserError(
            f"{row} sets {', '.join(unsupported)}, which not every contestant can follow",
            place="ablation bench",
            remedy="take another row or file, or switch it off with --set",
        )


def beyond_scripts(recipe: Recipe) -> list[str]:
    """The settings of a recipe that the plain loop does not support."""
    train, inference = recipe.train, recipe.inference
    used = {
        "phases": bool(recipe.phases),
        "train.ema": train.ema is not None,
        "train.early_stopping": train.early_stopping is not None,
        "train.accumulate": train.accumulate > 1,
        "train.keep": train.keep != "last",
        "train.precision: fp16": train.precision == "fp16",
        "schedule": recipe.schedule.watches is not None,
        "model.trainable": recipe.model.trainable != "all",
        "inference.members": inference.members > 1,
        "inference.ensemble_with": bool(inference.ensemble_with),
        "inference.calibration or inference.threshold": inference.adjusts,
    }
    return [name for name, is_used in used.items() if is_used]


def beyond_peers(recipe: Recipe) -> list[str]:
    """The settings of a recipe that not every peer supports."""
    used = {
        "augment": not recipe.augment.changes_nothing,
        "mix": not recipe.mix.changes_nothing,
        "train.clip_norm": recipe.train.clip_norm is not None,
    }
    return beyond_scripts(recipe) + [name for name, is_used in used.items() if is_used]
