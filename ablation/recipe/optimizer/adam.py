"""Adam: steps by the running mean of the gradient over its running size.

Changes     the steps: gradients are divided by their running size, so steps do not depend on the loss's scale. Weight
            decay is part of the gradient and is divided with it, so weights with large gradients hardly decay.
Helps       as a baseline, where older work used it; adamw is the same without weight decay and better with it.
Collides    onecycle moves the first of the betas as well, unless its ``momentum`` is null.
Cost        two more numbers per parameter in memory.
Asked by    002_111c0abedfd045f2.txt (one of its three optimizers).
Source      Kingma and Ba 2014, arXiv:1412.6980; torch.optim.Adam and its defaults.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch

from ablation.recipe.optimizer import has_fused
from ablation.recipe.optimizer.adaptive import Adaptive
from ablation.recipe.optimizer.groups import ParameterGroup


class Adam(Adaptive):
    """Adam with weight decay inside the gradient."""

    name: Literal["adam"] = "adam"

    @property
    def scale_free(self) -> bool:
        """Not where weights decay, since the decay is a part of the gradient."""
        return self.weight_decay == 0

    def build(self, groups: Sequence[ParameterGroup], device: torch.device) -> torch.optim.Optimizer:
        return torch.optim.Adam(
            groups,
            lr=self.lr,
            betas=self.betas,
            eps=self.eps,
            weight_decay=self.weight_decay,
            fused=has_fused(device),
        )
