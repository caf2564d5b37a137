"""Balance: treatment of unequal classes, in the loss (class weights) or in the order (sampling).

Both raise the weight of rare classes in proportion to ``frequency ** -power``, within the caps; together they do so
twice.
Asked by 000_b6ad96d08f4dca3a.txt (weights, then weights and sampling: +3-5 %), 001_b04657de1b61805f.txt,
002_111c0abedfd045f2.txt (+3-5 %: weights 0.833 and 1.252, and weighted sampling), 004_7c9170eca9dbe505.txt (square root
with caps 0.5 and 1.5, then cube root with 0.7 and 1.3).
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
    least: float | None = Field(None, gt=0)
    """Smallest weight of a class, > 0: those below are raised to it once all have mean 1 over the training examples,
    and not brought to mean 1 again; it serves class weights and sampling alike. Document 004: 0.7."""
    most: float | None = Field(None, gt=0)
    """Largest weight of a class, > 0 and no smaller than ``least``, in the same way. Document 004: 1.3."""

    @property
    def is_capped(self) -> bool:
        """Whether weights have a bound."""
        return self.least is not None or self.most is not None

    @model_validator(mode="after")
    def _nothing_is_without_effect(self) -> Self:
        if self.class_weights == "none" and self.sampling == "shuffle":
            given = {"power": self.power != 1, "least": self.least is not None, "most": self.most is not None}
            for name in (name for name, is_given in given.items() if is_given):
                raise ValueError(f"{name} has no effect without class_weights: balanced or sampling: weighted")
        return self

    @model_validator(mode="after")
    def _caps_leave_room(self) -> Self:
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"least {self.least:g} is above most {self.most:g}")
        return self


def class_weights(settings: BalanceSettings, counts: Ints) -> Floats:
    """Weight of each class in the loss, shape (classes,), with mean 1 over the training examples before the caps.

    At power 1 and without caps these are scikit-learn's ``compute_class_weight("balanced")``.

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
    return _lifted(settings, counts)


def sampling_weights(settings: BalanceSettings, labels: Ints) -> Floats | None:
    """Relative probability of each training example to be drawn, shape (examples,); None if each is used once.

    Args:
        settings: the section ``balance``.
        labels: class ids of the training examples, shape (examples,).
    """
    if settings.sampling == "shuffle":
        return None
    _, present, counts = np.unique(labels, return_inverse=True, return_counts=True)
    # without caps the mean is only a common factor; without it, rounding cannot change a draw
    weights = _lifted(settings, counts) if settings.is_capped else _inverse(settings, counts)
    return weights[present]


def _lifted(settings: BalanceSettings, counts: Ints) -> Floats:
    """Weights of classes with these counts, > 0: mean 1 over the examples, then between the caps."""
    weights = _inverse(settings, counts)
    weights *= counts.sum() / (counts @ weights)
    return np.clip(weights, settings.least, settings.most)


def _inverse(settings: BalanceSettings, counts: Ints) -> Floats:
    weights: Floats = counts.astype(np.float64) ** -settings.power
    return weights


def balances_twice(settings: BalanceSettings) -> bool:
    """Whether rare classes are weighted both in the loss and in the order."""
    return settings.class_weights == "balanced" and settings.sampling == "weighted"


def twice_text(settings: BalanceSettings) -> str:
    """A notice for settings that balance twice, with the joint power."""
    once, both = settings.power, 2 * settings.power
    caps = " before the caps" if settings.is_capped else ""
    outcome = (
        "that lets rare classes outweigh frequent ones; leave one of them out, or set balance.power to 0.5 or less"
        if both > 1
        else "that does no more than even the classes out"
    )
    return (
        f"class weights and sampling both lift rare classes by frequency ** -{once:.3g}, together by "
        f"frequency ** -{both:.3g}{caps}: {outcome}"
    )


def draw_order(weights: Floats | None, n: int, rng: np.random.Generator) -> Ints:
    """Positions of the ``n`` examples of one epoch in training order, shape (n,).

    Args:
        weights: of ``sampling_weights``; None uses each example once.
        n: number of training examples.
        rng: source of the draws.
    """
    if weights is None:
        return rng.permutation(n)
    return rng.choice(n, size=n, p=weights / weights.sum())
