"""Plateau: the learning rate falls by a factor whenever a validation metric no longer improves.

Changes     the learning rate, between epochs: times ``factor`` after more than ``patience`` epochs without a gain.
Helps       where the right length of a training is not known.
Collides    early stopping with a patience no longer than this one, which ends the training before the rate has fallen.
            Small validation sets: their noise decides when the rate falls.
Cost        none.
Asked by    004_7c9170eca9dbe505.txt ("reduce learning rate if plateau detected").
Source      torch.optim.lr_scheduler.ReduceLROnPlateau and its defaults, but gains in the metric's own unit.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from ablation.recipe.monitor import Watched, watched_value
from ablation.recipe.schedule import ScheduleSettings


class Plateau(ScheduleSettings):
    """A fall at each standstill."""

    name: Literal["plateau"] = "plateau"
    metric: Watched = "loss"
    """What must improve on validation."""
    factor: float = Field(0.1, gt=0, lt=1)
    """Learning rate after a fall over that before, in (0, 1)."""
    patience: int = Field(10, ge=0)
    """Epochs without a gain that are put up with before the rate falls, >= 0."""
    threshold: float = Field(1e-4, ge=0)
    """Change of the metric that must be exceeded for a gain, in its raw unit (0.01 is a point of accuracy), >= 0."""
    least: float = Field(0.0, ge=0, lt=1)
    """Learning rate below which none falls, as a fraction of the optimizer's, in [0, 1)."""

    @property
    def watches(self) -> Watched:
        return self.metric

    def build(self, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> LRScheduler:
        smaller_is_better = watched_value({f"val/{self.metric}": 1.0}, self.metric) < 0
        return ReduceLROnPlateau(
            optimizer,
            mode="min" if smaller_is_better else "max",
            factor=self.factor,
            patience=self.patience,
            threshold=self.threshold,
            threshold_mode="abs",
            min_lr=[self.least * group["lr"] for group in optimizer.param_groups],
            eps=0.0,  # torch would leave out falls of less than 1e-8
        )
