"""Constant: the same learning rate from the first step to the last.

Changes     nothing; this is the default.
Helps       as the rung below any schedule, and while the best learning rate is still being looked for.
Collides    nothing.
Cost        none; the last steps stay noisy, which a falling rate would calm.
Asked by    no document.
Source      torch.optim.lr_scheduler.ConstantLR with factor 1.
"""

from __future__ import annotations

from typing import Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ConstantLR, LRScheduler

from ablation.recipe.schedule import ScheduleSettings


class Constant(ScheduleSettings):
    """The optimizer's learning rate throughout."""

    name: Literal["constant"] = "constant"

    def build(self, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> LRScheduler:
        return ConstantLR(optimizer, factor=1.0, total_iters=epochs * steps_per_epoch)
