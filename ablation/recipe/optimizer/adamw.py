"""AdamW: Adam whose weight decay is apart from the gradient.

Changes     the steps: gradients are divided by their running size, so steps do not depend on the loss's scale; weights
            shrink by lr * weight_decay each step.
Helps       the safe default; fine-tuning, transformers. Well-tuned SGD can match it on convolutional networks.
Collides    schedules that move the learning rate also move the decay; onecycle moves the first of the betas as well,
            unless its ``momentum`` is null.
Cost        two more numbers per parameter in memory.
Asked by    000_b6ad96d08f4dca3a.txt (baseline: lr 3e-4, weight decay 1e-4), 001_b04657de1b61805f.txt (backbone 5e-6,
            classifier 1e-3: ``{lr: 1.0e-3, backbone_lr: 5.0e-6}``), 002_111c0abedfd045f2.txt (weight decay 5e-4),
            003_ecebd86cd390f469.txt (weight decay 1e-4).
Source      Loshchilov and Hutter 2017, arXiv:1711.05101; torch.optim.AdamW and its defaults.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from pydantic import Field

from ablation.recipe.optimizer import has_fused
from ablation.recipe.optimizer.adaptive import Adaptive
from ablation.recipe.optimizer.groups import ParameterGroup


class AdamW(Adaptive):
    """Adam with decoupled weight decay."""

    name: Literal["adamw"] = "adamw"
    weight_decay: float = Field(1e-2, ge=0)
    """Decay of the weights per step and learning rate, >= 0."""

    def build(self, groups: Sequence[ParameterGroup], device: torch.device) -> torch.optim.Optimizer:
        return torch.optim.AdamW(
            groups,
            lr=self.lr,
            betas=self.betas,
            eps=self.eps,
            weight_decay=self.weight_decay,
            fused=has_fused(device),
        )
