"""Advice of the documents against a problem of a training, as patches of its recipe.

A patch is a partial recipe with concrete numbers. ``advised`` merges patches and keeps only settings that the recipe
has with other values. Pure Python, so that a report needs no torch.

Source      004_7c9170eca9dbe505.txt (its corrected configuration and "progressive regularization strategy").
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

Patch = Mapping[str, Any]

DROPOUT = {"backbone": 0.1, "head": 0.3}
"""Dropout of each part at which document 004 lets a model "learn first" (from 0.25 and 0.5)."""
MORE_DROPOUT, MOST_DROPOUT = 0.1, 0.5
"""What document 004 adds to each dropout once the model learns (0.1 to 0.2, 0.3 to 0.4), and the maximum."""
CLIP_NORM = 5.0
"""Document 004's clip_norm, from 1."""
SMOOTHING = (0.05, 0.1)
"""Document 004's label smoothing once the model learns: first value, second value."""
NO_SMOOTHING: Patch = {"loss": {"label_smoothing": 0.0}}
"""Hard targets."""
MILD_WEIGHTS: Patch = {
    "balance": {"class_weights": "balanced", "sampling": "shuffle", "power": 0.333, "least": 0.7, "most": 1.3}
}
"""Document 004's class weights: cube root of inverse frequency, clipped, without a weighted sampler."""


def advised(recipe: Mapping[str, Any], *patches: Patch) -> Patch | None:
    """Returns the patches merged, without settings that the recipe lacks or already has; None where nothing is left."""
    merged: Patch = {}
    for patch in patches:
        merged = _merged(merged, patch)
    return _changes(recipe, merged) or None


def scaled_lr(recipe: Mapping[str, Any], factor: float) -> Patch:
    """Returns the learning rate times a factor, to three digits."""
    rate = _at(recipe, "optimizer").get("lr")
    return {"optimizer": {"lr": float(f"{rate * factor:.3g}")}} if rate else {}


def smaller_steps(recipe: Mapping[str, Any]) -> Patch:
    """Returns a tenth of the learning rate, and document 004's clip_norm where gradients are not clipped to it."""
    return {**scaled_lr(recipe, 0.1), **clipped(recipe)}


def less_dropout(recipe: Mapping[str, Any]) -> Patch:
    """Returns every dropout of the model limited to document 004's."""
    return _dropouts(recipe, min)


def more_dropout(recipe: Mapping[str, Any]) -> Patch:
    """Returns every dropout of the model raised by document 004's step; none lowered."""
    return _dropouts(recipe, lambda _, p: max(p, min(round(p + MORE_DROPOUT, 3), MOST_DROPOUT)))


def more_smoothing(recipe: Mapping[str, Any]) -> Patch:
    """Returns the next larger of document 004's two label smoothings; the recipe's own where none is larger."""
    now = _at(recipe, "loss").get("label_smoothing", 0.0)
    return {"loss": {"label_smoothing": next((each for each in SMOOTHING if each > now), now)}}


def clipped(recipe: Mapping[str, Any], *, looser: bool = False) -> Patch:
    """Returns document 004's clip_norm where the recipe has none or a larger one; if looser, where it is smaller."""
    now = _at(recipe, "train").get("clip_norm")
    wanted = (now or CLIP_NORM) < CLIP_NORM if looser else now is None or now > CLIP_NORM
    return {"train": {"clip_norm": CLIP_NORM}} if wanted else {}


def _dropouts(recipe: Mapping[str, Any], change: Callable[[float, float], float]) -> Patch:
    """Every dropout of the model that is not 0, changed; ``change`` takes document 004's for its part, then itself."""
    model: dict[str, Patch] = {}
    for part, usual in DROPOUT.items():
        settings = _at(_at(recipe, "model"), part).items()
        dropouts = {key: value for key, value in settings if key.endswith("dropout") and value}
        model[part] = {key: _mapped(value, partial(change, usual)) for key, value in dropouts.items()}
    return {"model": model}


def _mapped(value: Any, change: Callable[[float], float]) -> Any:
    return [change(each) for each in value] if isinstance(value, list | tuple) else change(value)


def _at(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = tree.get(key)
    return section if isinstance(section, Mapping) else {}


def _merged(first: Patch, second: Patch) -> Patch:
    both = {key: _merged(_at(first, key), value) for key, value in second.items() if isinstance(value, Mapping)}
    return {**first, **second, **both}


def _changes(recipe: Mapping[str, Any], patch: Patch) -> dict[str, Any]:
    """The settings of a patch that the recipe has with other values; a section of another ``name`` stays whole."""
    changes: dict[str, Any] = {}
    for key, new in patch.items():
        old = recipe.get(key)
        if isinstance(new, Mapping) and isinstance(old, Mapping):
            changed = dict(new) if new.get("name", old.get("name")) != old.get("name") else _changes(old, new)
            changes |= {key: changed} if changed else {}
        elif key in recipe and not _same(old, new):
            changes[key] = new
    return changes


def _same(old: Any, new: Any) -> bool:
    """Whether two values are equal; numbers to the three digits of the advice."""
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, int | float) and isinstance(new, int | float):
        return abs(old - new) < 1e-3 * abs(new) or old == new
    return bool(old == new)
