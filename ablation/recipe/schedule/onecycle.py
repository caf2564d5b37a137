"""OneCycle: the learning rate climbs to a peak and falls to nearly nothing.

Changes     the learning rate: from peak / div_factor up to the peak, then down to the start / final_div_factor. The
            peak is ``peak`` times the optimizer's learning rate, so tuning that moves the whole curve; the optimizer's
            rate itself is only passed through on the way.
Helps       short trainings with a high peak; training from scratch.
Collides    the optimizer's momentum (SGD's, or the first of Adam's betas): it is moved against the rate, and the
            optimizer's own value has no effect, unless ``momentum`` is null. Fine-tuning: a high peak unlearns
            pretrained weights.
Cost        none.
Asked by    000_b6ad96d08f4dca3a.txt (1e-3 to 5e-3, pct_start 0.1, +2-3 %), 002_111c0abedfd045f2.txt.
Source      Smith and Topin 2017, arXiv:1708.07120; torch.optim.lr_scheduler.OneCycleLR and its defaults.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from ablation.errors import UserError
from ablation.recipe.schedule import ScheduleSettings

Momentum = Annotated[float, Field(ge=0, lt=1)]

_MOVED = {"momentum", "betas"}
"""The settings of an optimizer that hold its momentum."""


class OneCycle(ScheduleSettings):
    """One rise and one fall over the whole training."""

    name: Literal["onecycle"] = "onecycle"
    peak: float = Field(5.0, gt=0)
    """Highest learning rate as a multiple of the optimizer's, > 0; document 000 goes from 1e-3 to 5e-3."""
    pct_start: float = Field(0.1, gt=0, lt=1)
    """Share of the training that the rise takes, in (0, 1)."""
    anneal: Literal["cos", "linear"] = "cos"
    """Shape of rise and fall."""
    div_factor: float = Field(25.0, ge=1)
    """Peak over the first learning rate, >= 1."""
    final_div_factor: float = Field(1e4, ge=1)
    """First over last learning rate, >= 1."""
    momentum: tuple[Momentum, Momentum] | None = (0.85, 0.95)
    """Momentum at the peak and at both ends, each in [0, 1); None leaves the optimizer's alone."""

    @property
    def highest(self) -> float:
        return self.peak

    def build(self, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> LRScheduler:
        steps = epochs * steps_per_epoch
        at_peak, at_ends = self.momentum or (0.0, 0.0)
        if self.momentum is not None and not _MOVED.intersection(optimizer.defaults):
            raise UserError(
                f"{type(optimizer).__name__} has no momentum that the schedule could move",
                place="schedule.momentum",
                remedy="set schedule.momentum: null",
            )
        return OneCycleLR(
            optimizer,
            max_lr=[self.peak * group["lr"] for group in optimizer.param_groups],
            total_steps=steps,
            pct_start=self._rise(steps),
            anneal_strategy=self.anneal,
            cycle_momentum=self.momentum is not None,
            base_momentum=at_peak,
            max_momentum=at_ends,
            div_factor=self.div_factor,
            final_div_factor=self.final_div_factor,
        )

    def _rise(self, steps: int) -> float:
        """``pct_start``, changed minimally where torch would divide by a rise of exactly no steps."""
        return self.pct_start * (1 + 1e-9) if self.pct_start * steps == 1 else self.pct_start
