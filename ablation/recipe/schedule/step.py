"""Step: the learning rate falls by a factor every few epochs.

Changes     the learning rate of epoch e: lr * factor ** floor(e / every).
Helps       long trainings with SGD, where each fall brings a jump in accuracy; cosine needs less tuning.
Collides    nothing.
Cost        none; where it falls is one more thing to choose.
Asked by    no document.
Source      torch.optim.lr_scheduler.StepLR; every 30 epochs by 0.1 as torchvision's references and He et al. 2015,
            arXiv:1512.03385, on ImageNet.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, StepLR

from ablation.recipe.schedule import ScheduleSettings


class Step(ScheduleSettings):
    """Equal falls at equal distances."""

    name: Literal["step"] = "step"
    every: int = Field(30, ge=1)
    """Epochs between two falls, >= 1; a training that is no longer has none."""
    factor: float = Field(0.1, gt=0, lt=1)
    """Learning rate after a fall over that before, in (0, 1)."""

    def build(self, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> LRScheduler:
        return StepLR(optimizer, step_size=self.every * steps_per_epoch, gamma=self.factor)
