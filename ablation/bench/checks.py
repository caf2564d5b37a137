"""What a contestant would not train as the core does is refused before anything is timed."""

from __future__ import annotations

from collections.abc import Iterator

from ablation.errors import UserError
from ablation.recipe.recipe import Recipe


def check_script(recipe: Recipe, row: str) -> None:
    """Refuse a recipe that the plain loop cannot follow.

    Raises:
        UserError: it has something that only the core does.
    """
    _check(beyond_scripts(recipe), row)


def check_single(recipe: Recipe, row: str) -> None:
    """Refuse a recipe that the peers cannot follow.

    Raises:
        UserError: it has something that only the core, or the plain loop, does.
    """
    _check((*beyond_scripts(recipe), *beyond_peers(recipe)), row)


def beyond_scripts(recipe: Recipe) -> Iterator[str]:
    """The settings of a recipe that the plain loop has nothing for."""
    train, inference = recipe.train, recipe.inference
    found = {
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
    return (name for name, there in found.items() if there)


def beyond_peers(recipe: Recipe) -> Iterator[str]:
    """The settings that only the plain loop and the core have something for."""
    found = {
        "augment": not recipe.augment.changes_nothing,
        "mix": not recipe.mix.changes_nothing,
        "train.clip_norm": recipe.train.clip_norm is not None,
    }
    return (name for name, there in found.items() if there)


def _check(found: Iterator[str] | tuple[str, ...], row: str) -> None:
    if named := ", ".join(found):
        raise UserError(
            f"{row} sets {named}, which not every contestant can follow",
            place="ablation bench",
            remedy="take another row or file, or switch it off with --set",
        )
