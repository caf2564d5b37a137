"""Schedules: how the learning rate moves during training. They are stepped once after each optimizer step."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ablation.recipe.component import Component


class ScheduleSettings(Component, ABC, section=True):
    """Base of all schedules."""

    name: str

    @abstractmethod
    def build(self, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> LRScheduler:
        """The schedule over ``epochs * steps_per_epoch`` optimizer steps.

        Args:
            optimizer: each of its parameter groups keeps its own learning rate in proportion.
            epochs: of the training, >= 1.
            steps_per_epoch: optimizer steps of an epoch, >= 1.
        """
