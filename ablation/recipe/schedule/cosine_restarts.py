"""Cosine with warm restarts: the learning rate falls along half a cosine, jumps back up and falls again.

Changes     the learning rate: each cycle runs from lr to lr * end; the first takes ``first`` epochs, each later one
            ``factor`` times those of the one before.
Helps       where the right length of a training is not known: every end of a cycle is a good place to stop.
Collides    a training that ends within a cycle, which leaves the rate high: with factor 2 lengths of 1, 3, 7, 15 times
            ``first`` fit. Early stopping: validation gets worse for a while after each restart.
Cost        none.
Asked by    001_b04657de1b61805f.txt ("Cosine Annealing: Warm restarts for better convergence"; its snippet says
            ``cosine`` and names no cycle).
Source      Loshchilov and Hutter 2016, arXiv:1608.03983 (SGDR); first 10 and factor 2 are among its settings. torch's
            CosineAnnealingWarmRestarts has the same values, but one eta_min for all parameter groups.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from ablation.recipe.schedule import ScheduleSettings
from ablation.recipe.schedule.cosine import half_cosine


class CosineRestarts(ScheduleSettings):
    """Half cosines, one after the other."""

    name: Literal["cosine_restarts"] = "cosine_restarts"
    first: int = Field(10, ge=1)
    """Epochs of the first cycle, >= 1."""
    factor: int = Field(2, ge=1)
    """Length of a cycle over that of the one before, >= 1; 1 keeps them all alike."""
    end: float = Field(0.0, ge=0, lt=1)
    """Learning rate that each cycle ends at, as a fraction of the optimizer's, in [0, 1)."""

    def build(self, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> LRScheduler:
        first = self.first * steps_per_epoch
        return LambdaLR(optimizer, lambda step: half_cosine(*_place_in_cycle(step, first, self.factor), self.end))


def _place_in_cycle(step: int, length: int, factor: int) -> tuple[int, int]:
    """A step counted from the beginning of its cycle, and the length of that cycle; ``length`` is that of the first."""
    while step >= length:
        step, length = step - length, length * factor
    return step, length
