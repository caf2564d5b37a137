"""Optimizers: how gradients become steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, Self

import torch
from pydantic import Field, model_validator
from torch import nn

from ablation.recipe.component import Component
from ablation.recipe.optimizer.groups import ParameterGroup, parameter_groups
from ablation.recipe.search import UsualRange, UsualSpace

Beta = Annotated[float, Field(ge=0, lt=1)]
"""Share of a running mean that stays at each step, in [0, 1)."""


class OptimizerSettings(Component, ABC, section=True):
    """Base of all optimizers."""

    name: str
    lr: float = Field(1e-3, gt=0)
    """Learning rate, > 0; the schedule's multiples refer to it."""
    backbone_lr: float | None = Field(None, gt=0)
    """Learning rate of the backbone, > 0; None is ``lr``. The schedule moves both in proportion."""
    weight_decay: float = Field(0.0, ge=0)
    """How strongly weights are pulled to 0, >= 0."""
    decay_norm_and_bias: bool = True
    """Whether norm layers and biases decay too, as torch has it."""

    @model_validator(mode="after")
    def _decay_has_an_effect(self) -> Self:
        if not self.decay_norm_and_bias and self.weight_decay == 0:
            raise ValueError("decay_norm_and_bias has no effect at weight_decay 0")
        return self

    @property
    def scale_free(self) -> bool:
        """Whether steps do not depend on the scale of the loss, as long as gradients are not clipped."""
        return False

    @property
    def scale_is_rate(self) -> bool:
        """Whether steps grow in proportion to the loss, so that scaling it is another learning rate."""
        return False

    def search_space(self) -> UsualSpace:
        return {"lr": UsualRange.around(self.lr)}

    @abstractmethod
    def build(self, groups: Sequence[ParameterGroup], device: torch.device) -> torch.optim.Optimizer:
        """The optimizer of these parameters, fused where the device has it.

        Args:
            groups: parameters with their learning rate and weight decay.
            device: of the parameters.
        """

    def for_model(self, model: nn.Module, device: torch.device) -> torch.optim.Optimizer:
        """The optimizer of a model's trainable parameters, which are on ``device``."""
        groups = parameter_groups(model, self.lr, self.backbone_lr, self.weight_decay, self.decay_norm_and_bias)
        return self.build(groups, device)


def has_fused(device: torch.device) -> bool:
    """Whether torch runs the optimizers on the device as one kernel over all parameters."""
    return device.type in ("cpu", "cuda")
