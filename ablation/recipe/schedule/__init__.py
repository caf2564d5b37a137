"""Schedules: how the learning rate moves during training.

They are stepped once after each optimizer step, except one that watches a metric: that is stepped once after each
epoch's validation, with the value of the metric.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ablation.recipe.component import Component
from ablation.recipe.monitor import Watched


class ScheduleSettings(Component, ABC, section=True):
    """Base of all schedules."""

    name: str
    span: Literal["phase", "all"] = "phase"
    """Whether the curve runs over each phase anew or once over all epochs."""

    @property
    def watches(self) -> Watched | None:
        """The validation metric that ``step`` is called with after each epoch; None: it is called after each step."""
        return None

    @property
    def highest(self) -> float:
        """The largest multiple of the optimizer's learning rate on the curve, > 0."""
        return 1.0

    @abstractmethod
    def build(self, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> LRScheduler:
        """The schedule over ``epochs * steps_per_epoch`` optimizer steps.

        Args:
            optimizer: each of its parameter groups keeps its own learning rate in proportion.
            epochs: of the training, or of the phase, >= 1.
            steps_per_epoch: optimizer steps of an epoch, >= 1.

        Raises:
            UserError: the curve does not fit into so few epochs.
        """
