"""The learning-rate range test: a short new training in which the rate rises until the loss runs away.

Asked by    004_7c9170eca9dbe505.txt ("use LR range test to find optimal learning rate").
Source      Smith 2015, arXiv:1506.01186, section 3.3; the stop at four times the best loss, and the two readings of the
            curve (steepest fall; a tenth of the rate of least loss), from fastai's ``lr_find``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ablation.core.device import configured
from ablation.core.profiling.dry_run import ConstantRun
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.errors import UserError
from ablation.recipe.recipe import Recipe

_Floats = NDArray[np.float64]
_PLACE = "the learning-rate range"

RUNAWAY = 4.0
"""The test ends when the smoothed loss is this multiple of its least (fastai)."""
SMOOTH = 0.8
"""Weight of the neighbour in the exponential mean: about five steps to either side count."""
FALL = 0.05
"""Share by which the smoothed loss must fall for a suggestion."""
NOISES = 2.0
"""Multiple of one step's noise by which it must fall too: about four standard errors of that difference."""
_MARGIN = 10.0
"""The safe rate is the rate of the least loss divided by this (fastai)."""
FEWEST_RATES = 10
"""Fewest rates of a test: with fewer, the running mean is not a curve."""


@dataclass(frozen=True)
class Curve:
    """The loss at each rate of a test.

    Args:
        rates: rising, evenly spaced in their logarithm.
        losses: of one step at each rate, all finite.
        ran_away: whether the test stopped before its highest rate.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    ran_away: bool


@dataclass(frozen=True)
class Suggestion:
    """The learning rate that a curve suggests; the first three are None without a suggestion.

    Args:
        lr: the geometric mean of the two readings.
        steepest: the rate, below that of the least loss, where the smoothed loss falls fastest over log(rate).
        safest: a tenth of the rate of the least smoothed loss.
        smoothed: the loss without its noise, shape (rates,).
        note: why there is no suggestion, or why to test again; else empty.
    """

    lr: float | None
    steepest: float | None
    safest: float | None
    smoothed: tuple[float, ...]
    note: str


def lr_curve(task: Task, datasets: Path, lowest: float, highest: float, steps: int) -> Curve:
    """The loss at each learning rate, with the recipe's model, loss, augmentation, mixing and optimizer.

    A backbone with its own learning rate keeps its ratio to the head's. The weights are dropped. Other arguments and
    errors are those of ``range_test``.
    """
    with configured(task.recipe.train):
        run = ConstantRun(task, datasets)
        groups = run.state.optimizer.param_groups
        shares = [group["lr"] / task.recipe.optimizer.lr for group in groups]
        batches = enumerate(step for epoch in count() for step in run.training.steps_of(epoch))

        def step(rate: float) -> float:
            for group, share in zip(groups, shares, strict=True):
                group["lr"] = rate * share
            images = run.take([next(batches)])
            return run.stepper.take_sums()[0] / images

        with drawing(task.streams.number("dropout", 0), task.device):
            return range_test(step, lowest, highest, steps)


def range_test(step: Callable[[float], float], lowest: float, highest: float, steps: int) -> Curve:
    """Take one training step at each rate, from the lowest up, until the loss runs away.

    Args:
        step: trains one step at a rate and returns its loss.
        lowest, highest: rates, 0 < lowest < highest.
        steps: number of rates, at least ``FEWEST_RATES``.

    Raises:
        UserError: the bounds are not in order, or there are too few steps.
    """
    if not 0 < lowest < highest < math.inf:
        remedy = "give a lowest rate above 0 and a higher highest one, as 1e-6 and 1"
        raise UserError(f"rates from {lowest:g} to {highest:g}", place=_PLACE, remedy=remedy)
    if steps < FEWEST_RATES:
        raise UserError(f"{steps} steps", place=_PLACE, remedy=f"give at least {FEWEST_RATES}; 100 is usual")
    losses: list[float] = []
    mean, least, ran_away = 0.0, math.inf, False
    rates = np.geomspace(lowest, highest, steps).tolist()
    for rate in rates:
        loss = step(rate)
        if ran_away := not math.isfinite(loss):
            break
        losses.append(loss)
        mean = SMOOTH * mean + (1 - SMOOTH) * loss
        now = mean / (1 - SMOOTH ** len(losses))
        least = min(least, now)
        if ran_away := now > RUNAWAY * least:
            break
    return Curve(tuple(rates[: len(losses)]), tuple(losses), ran_away)


def suggestion(curve: Curve) -> Suggestion:
    """A learning rate to start from, or a note why there is none."""
    if len(curve.losses) < FEWEST_RATES:
        return Suggestion(None, None, None, curve.losses, "the loss ran away at once: start from a lower rate")
    rates, smooth = np.array(curve.rates), smoothed_losses(np.array(curve.losses))
    least = int(smooth.argmin())
    if smooth[0] - smooth[least] < max(FALL * smooth[0], NOISES * _noise(np.array(curve.losses))):
        note = "the loss does not fall at any of these rates: widen their range, or mend the model or its data first"
        return Suggestion(None, None, None, tuple(smooth.tolist()), note)
    slope = np.gradient(smooth, np.log(rates))
    steepest, safest = float(rates[slope[: least + 1].argmin()]), float(rates[least] / _MARGIN)
    note = "" if least < len(rates) - 1 else "the loss still falls at the highest rate: raise it and test again"
    return Suggestion(math.sqrt(steepest * safest), steepest, safest, tuple(smooth.tolist()), note)


def smoothed_losses(losses: _Floats) -> _Floats:
    """The losses without their noise, shape (n,): means with weights that fall exponentially to both sides.

    fastai's running mean uses earlier losses only, so it lags and has its least at too high a rate.
    """
    index = np.arange(len(losses))
    weights = SMOOTH ** np.abs(index[:, None] - index)  # (n, n)
    means: _Floats = weights @ losses / weights.sum(axis=1)
    return means


def _noise(losses: _Floats) -> float:
    """Standard deviation of one step's loss, from the median difference of neighbours, which trends hardly change."""
    return float(np.median(np.abs(np.diff(losses))) / (0.6745 * math.sqrt(2)))


def optimizer_patch(rate: float, recipe: Recipe) -> dict[str, float]:
    """The optimizer's settings with which the highest rate of the recipe's schedule is ``rate``, to two digits."""
    lr = rate / recipe.schedule.highest
    rates = {"lr": lr}
    if recipe.optimizer.backbone_lr is not None:
        rates["backbone_lr"] = recipe.optimizer.backbone_lr * lr / recipe.optimizer.lr
    return {name: float(f"{value:.1e}") for name, value in rates.items()}
