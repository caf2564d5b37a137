"""Cosine: the learning rate falls along half a cosine, from the optimizer's to a fraction of it.

Changes     the learning rate of step t of T: lr * (end + (1 - end) * (1 + cos(pi t / T)) / 2); with a warm-up of W
            steps it first climbs evenly from lr * warmup_start to lr, and the cosine takes the T - W steps left.
Helps       nearly always, over a constant rate, since the last steps are small; a warm-up keeps the first steps of a
            high rate or a large batch from spoiling the start.
Collides    stopping early: the rate has not fallen yet.
Cost        none.
Asked by    000_b6ad96d08f4dca3a.txt (baseline), 001_b04657de1b61805f.txt (its snippet; its text has warm restarts:
            ``cosine_restarts``), 003_ecebd86cd390f469.txt (T_max 50 and eta_min 1e-6 at a rate of 1e-4: 50 epochs and
            ``end: 0.01``).
Source      Loshchilov and Hutter 2016, arXiv:1608.03983, without restarts; torch's CosineAnnealingLR has the same
            values, but one eta_min for all parameter groups. Warm-up: Goyal et al. 2017, arXiv:1706.02677; 5 epochs
            from 0.01 in torchvision's ResNet-50 recipe.
"""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import Field, model_validator
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from ablation.errors import UserError
from ablation.recipe.schedule import ScheduleSettings

_USUAL_START = 0.01


def half_cosine(step: int, steps: int, end: float) -> float:
    """From 1 at step 0 down to ``end`` after ``steps`` steps."""
    return end + (1 - end) * (1 + math.cos(math.pi * step / steps)) / 2


class Cosine(ScheduleSettings):
    """Half a cosine over the whole training, after an optional warm-up."""

    name: Literal["cosine"] = "cosine"
    end: float = Field(0.0, ge=0, lt=1)
    """Learning rate that the curve ends at, as a fraction of the optimizer's, in [0, 1)."""
    warmup: float = Field(0.0, ge=0)
    """Epochs that the rate climbs before the cosine begins, >= 0; part of the training's."""
    warmup_start: float = Field(_USUAL_START, gt=0, lt=1)
    """Learning rate that the warm-up starts at, as a fraction of the optimizer's, in (0, 1); torchvision's."""

    @model_validator(mode="after")
    def _start_has_a_warmup(self) -> Self:
        if self.warmup == 0 and self.warmup_start != _USUAL_START:
            raise ValueError("warmup_start has no effect without warmup")
        return self

    def build(self, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> LRScheduler:
        steps, rise = epochs * steps_per_epoch, round(self.warmup * steps_per_epoch)
        if rise >= steps:
            raise UserError(
                f"a warm-up of {self.warmup:g} epochs leaves nothing of {epochs} for the cosine",
                place="schedule.warmup",
                remedy=f"give less than {epochs}",
            )

        def multiple(step: int) -> float:
            if step < rise:
                return self.warmup_start + (1 - self.warmup_start) * step / rise
            return half_cosine(step - rise, steps - rise, self.end)

        return LambdaLR(optimizer, multiple)
