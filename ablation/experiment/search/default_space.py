"""What is searched where the file does not say: learning rate, gamma and alpha; and what of a search cannot matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ablation.experiment.config.search import Choices, Range
from ablation.recipe.loss.focal import Focal
from ablation.recipe.merge import flattened
from ablation.recipe.optimizer.adam import Adam
from ablation.recipe.optimizer.adaptive import Adaptive
from ablation.recipe.optimizer.sgd import SGD
from ablation.recipe.phased import stations
from ablation.recipe.recipe import Recipe

Asked = Mapping[str, Range | Choices]

LR, GAMMA, ALPHA = "optimizer.lr", "loss.gamma", "loss.alpha"


def usual_space(recipe: Recipe) -> tuple[Asked, tuple[str, ...]]:
    """The space of a row where the file names none, and notices of what is left out although the row has it.

    The learning rate moves from a tenth of the row's own to ten times it, gamma from 0 to 5 and alpha from 0.05 to 1,
    or as far as the row's own; gamma and alpha are named whether or not the row's loss has them.
    """
    lr = recipe.optimizer.lr
    space = {LR: Range(low=_short(lr / 10), high=_short(lr * 10), log=True), GAMMA: Range(low=0, high=5)}
    if not isinstance(recipe.loss, Focal):
        return space | {ALPHA: Range(low=0.05, high=1)}, ()
    gamma, alpha = recipe.loss.gamma, recipe.loss.alpha
    space[GAMMA] = Range(low=0, high=max(5, gamma))
    if isinstance(alpha, tuple):
        return space, (f"{ALPHA} is left out: it is given per class here, so only choices of lists can search it",)
    if scales_only(recipe):
        return space, (f"{ALPHA} is left out: {_scaling(recipe)}",)
    return space | {ALPHA: Range(low=min(0.05, alpha), high=max(1, alpha))}, ()


def _short(number: float) -> float:
    """Without the last digits, which are noise of the division."""
    return float(f"{number:.6g}")


def scales_only(recipe: Recipe) -> bool:
    """Whether a scalar alpha changes nothing but the scale of the loss, and steps do not depend on that.

    Adam's weight decay is a part of the gradient, so against it the scale matters; so it does where gradients are
    clipped.
    """
    return isinstance(recipe.loss, Focal) and all(map(_is_scale_free, stations(recipe)))


def _is_scale_free(recipe: Recipe) -> bool:
    decays = isinstance(recipe.optimizer, Adam) and recipe.optimizer.weight_decay > 0
    return isinstance(recipe.optimizer, Adaptive) and not decays and recipe.train.clip_norm is None


def _scaling(recipe: Recipe) -> str:
    weighted = recipe.balance.class_weights == "balanced" or recipe.balance.sampling == "weighted"
    power = "balance.power" if weighted else "balance.power with balance.class_weights: balanced"
    return (
        f"one number for all classes only scales the loss, on which {recipe.optimizer.name}'s steps do not depend; "
        f"what can matter: {power}, or alpha per class, as choices of lists"
    )


def effects(path: str, given: Range | Choices, recipe: Recipe) -> Iterator[str]:
    """What the user should know of searching a setting in a recipe that has it."""
    if path == ALPHA and isinstance(recipe.loss, Focal) and _is_scalar(given):
        if scales_only(recipe):
            yield f"{ALPHA}: {_scaling(recipe)}"
        elif isinstance(recipe.optimizer, SGD):
            yield f"{ALPHA}: one number for all classes scales the loss, so under sgd it is another learning rate"
    for name, phase in recipe.phases.items():
        if path in (*flattened(phase.patch), *phase.ramp):
            yield f"{path}: phase {name} sets it too, so what is searched holds only before that"


def _is_scalar(given: Range | Choices) -> bool:
    return isinstance(given, Range) or all(isinstance(each, int | float) for each in given.choices)
