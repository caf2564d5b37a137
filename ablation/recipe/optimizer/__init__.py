"""Optimizers: how gradients become steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

import torch
from pydantic import Field
from torch import nn

from ablation.recipe.component import Component


class OptimizerSettings(Component, ABC, section=True):
    """Base of all optimizers."""

    name: str
    lr: float = Field(1e-3, gt=0)
    """Learning rate, > 0; the schedule's multiples refer to it."""

    @abstractmethod
    def build(self, parameters: Iterable[nn.Parameter], device: torch.device) -> torch.optim.Optimizer:
        """The optimizer of these parameters, fused where the device has it.

        Args:
            parameters: to be trained.
            device: where they lie.
        """
