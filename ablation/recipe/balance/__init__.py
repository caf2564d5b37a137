"""Balance: what is done about classes of unequal size, in the loss (class weights) or in the order (sampling).

Both lift rare classes in proportion to ``frequency ** -power``; used together they lift them twice.
Asked by 000_b6ad96d08f4dca3a.txt (weights, then weights and sampling: +3-5 %), 001_b04657de1b61805f.txt,
002_111c0abedfd045f2.txt (+3-5 %), 004_7c9170eca9dbe505.txt (square root to cube root).
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ablation.errors import UserError
from ablation.recipe.settings import Settings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class BalanceSettings(Settings):
    """Class weights in the loss, and how the examples of an epoch are drawn."""

    class_weights: Literal["none", "balanced"] = "none"
    """Weights of the classes in the loss: all alike, or in proportion to inverse frequency."""
    sampling: Literal["shuffle", "weighted"] = "shuffle"
    """The examples of an epoch: each once, or as many draws with replacement in proportion to inverse frequency."""
    power: float = Field(1.0, gt=0, le=1)
    """Exponent of the inverse frequency, in (0, 1]: 1 evens the classes out, 0.5 is the square root, 1/3 the cube root;
    it serves class weights and sampling alike."""

    @model_validator(mode="after")
    def _power_has_an_effect(self) -> Self:
        if self.power != 1 and self.class_weights == "none" and self.sampling == "shuffle":
            raise ValueError("power has no effect without class_weights: balanced or sampling: weighted")
        return self


def class_weights(settings: BalanceSettings, counts: Ints) -> Floats:
    """Weight of each class in the loss, shape (classes,), with mean 1 over the training examples.

    At power 1 these are scikit-learn's ``compute_class_weight("balanced")``.

    Args:
        settings: the section ``balance``.
        counts: training images of each class, shape (classes,).

    Raises:
        UserError: a class that must be weighted has no images.
    """
    if settings.class_weights == "none":
        return np.ones(len(counts))
    if not np.all(counts):
        raise UserError(
            f"class {int(np.argmin(counts))} has no training images, so it has no balanced weight",
            place="balance.class_weights",
            remedy="drop the class with data.classes, or set class_weights to none",
        )
    weights: Floats = counts.astype(np.float64) ** -settings.power
    weights *= counts.sum() / (counts @ weights)
    return weights


def sampling_weights(settings: BalanceSettings, labels: Ints) -> Floats | None:
    """Chance of each training example to be drawn, up to a factor, shape (examples,); None where each comes once.

    Args:
        settings: the section ``balance``.
        labels: class ids of the training examples, shape (examples,).
    """
    if settings.sampling == "shuffle":
        return None
    weights: Floats = np.bincount(labels)[labels].astype(np.float64) ** -settings.power
    return weights


def draw_order(weights: Floats | None, n: int, rng: np.random.Generator) -> Ints:
    """Positions of the ``n`` examples of one epoch in training order, shape (n,).

    Args:
        weights: of ``sampling_weights``; None gives each example once.
        n: number of training examples.
        rng: where the draws come from.
    """
    if weights is None:
        return rng.permutation(n)
    return rng.choice(n, size=n, p=weights / weights.sum())
