"""Settings of Adam and AdamW: decay of the running means of gradients and their squares."""

from __future__ import annotations

from abc import ABC

from pydantic import Field

from ablation.recipe.optimizer import Beta, OptimizerSettings


class Adaptive(OptimizerSettings, ABC):
    """Settings of optimizers that divide gradients by their running size."""

    betas: tuple[Beta, Beta] = (0.9, 0.999)
    """Memory of the running mean of gradients and of their squares, each in [0, 1)."""
    eps: float = Field(1e-8, gt=0)
    """Added to the running size of the gradient, > 0."""

    @property
    def scale_free(self) -> bool:
        return True
