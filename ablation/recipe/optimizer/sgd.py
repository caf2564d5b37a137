"""SGD: steps along the gradient, with momentum.

Changes     the steps: a running sum of gradients, looked at one step ahead (Nesterov); they grow with the loss's scale.
Helps       convolutional networks from scratch, in long trainings: often better on test images than adamw, once the
            learning rate is right.
Collides    anything that scales the loss (a scalar alpha of focal loss, class weights) acts as another learning rate;
            onecycle moves the momentum as well, unless its ``momentum`` is null.
Cost        one more number per parameter in memory; its learning rate needs looking for.
Asked by    002_111c0abedfd045f2.txt (SGD with Nesterov, one of its three optimizers).
Source      Sutskever et al. 2013, PMLR 28:1139; torch.optim.SGD, its momentum without dampening.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import torch
from pydantic import Field, model_validator

from ablation.recipe.optimizer import OptimizerSettings, has_fused
from ablation.recipe.optimizer.groups import ParameterGroup


class SGD(OptimizerSettings):
    """Stochastic gradient descent with Nesterov's momentum."""

    name: Literal["sgd"] = "sgd"
    lr: float = Field(1e-2, gt=0)
    """Learning rate, > 0; torchvision's references take 0.1 for batches of 256, about this for batches of 32."""
    weight_decay: float = Field(1e-4, ge=0)
    """Decay of the weights as a part of the gradient, >= 0; torchvision's references take this."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Share of the running sum of gradients that stays at each step, in [0, 1)."""
    nesterov: bool = True
    """Whether the step looks one step of momentum ahead."""

    @property
    def scale_is_rate(self) -> bool:
        return True

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum above 0; set nesterov: false")
        return self

    def build(self, groups: Sequence[ParameterGroup], device: torch.device) -> torch.optim.Optimizer:
        optimizer = torch.optim.SGD(
            groups,
            lr=self.lr,
            momentum=self.momentum,
            nesterov=self.nesterov,
            weight_decay=self.weight_decay,
            fused=has_fused(device),
        )
        if self.momentum > 0:
            _start_buffers(optimizer)
        return optimizer


def _start_buffers(optimizer: torch.optim.Optimizer) -> None:
    """Give every weight a running sum of 0, which is equal to none.

    Torch's fused SGD does not initialise the sums, and keeps the random memory if a gradient scaler skips the first
    step. It also needs sums of all weights of a group or of none, but only some may come from the phase before.
    """
    for group in optimizer.param_groups:
        for weight in group["params"]:
            optimizer.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
