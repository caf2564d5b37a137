"""Refuses recipes that a contestant would train otherwise than the core, before anything is timed."""

from collections.abc import Iterable, Iterator

from ablation.errors import UserError
from ablation.recipe.recipe import Recipe


def check_script(recipe: Recipe, row: str) -> None:
    """Refuse a recipe that the plain loop cannot follow.

    Raises:
        UserError: it has a setting that only the core supports.
    """
    _check(beyond_scripts(recipe), row)


def check_single(recipe: Recipe, row: str) -> None:
    """Refuse a recipe that the peers cannot follow.

    Raises:
        UserError: it has a setting that only the core, or the core and the plain loop, support.
    """
    _check((*beyond_scripts(recipe), *beyond_peers(recipe)), row)


def beyond_scripts(recipe: Recipe) -> Iterator[str]:
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
    return (name for name, is_used in used.items() if is_used)


def beyond_peers(recipe: Recipe) -> Iterator[str]:
    """The settings of a recipe that only the core and the plain loop support."""
    used = {
        "augment": not recipe.augment.changes_nothing,
        "mix": not recipe.mix.changes_nothing,
        "train.clip_norm": recipe.train.clip_norm is not None,
    }
    return (name for name, is_used in used.items() if is_used)


def _check(unsupported: Iterable[str], row: str) -> None:
    if named := ", ".join(unsupported):
        raise UserError(
            f"{row} sets {named}, which not every contestant can follow",
            place="ablation bench",
            remedy="take another row or file, or switch it off with --set",
        )
