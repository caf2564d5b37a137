"""Cosine: the learning rate falls along half a cosine, from the optimizer's to a fraction of it.

Changes     the learning rate of step t of T: lr * (end + (1 - end) * (1 + cos(pi t / T)) / 2).
Helps       nearly always, over a constant rate, since the last steps are small.
Collides    stopping early: the rate has not fallen yet.
Cost        none.
Asked by    000_b6ad96d08f4dca3a.txt (baseline), 001_b04657de1b61805f.txt, 003_ecebd86cd390f469.txt (eta_min 1e-6).
Source      Loshchilov and Hutter 2016, arXiv:1608.03983, without restarts; torch's CosineAnnealingLR has the same
            values, but one eta_min for all parameter groups.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from ablation.recipe.schedule import ScheduleSettings


class Cosine(ScheduleSettings):
    """Half a cosine over the whole training."""

    name: Literal["cosine"] = "cosine"
    end: float = Field(0.0, ge=0, lt=1)
    """Learning rate that the curve ends at, as a fraction of the optimizer's, in [0, 1)."""

    def build(self, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> LRScheduler:
        steps = epochs * steps_per_epoch
        return LambdaLR(optimizer, lambda step: self.end + (1 - self.end) * (1 + math.cos(math.pi * step / steps)) / 2)
