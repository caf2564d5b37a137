"""The learning-rate range test of a task: a new training in which the rate rises step by step."""

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path

from ablation.core.device import configured
from ablation.core.profiling.lr_range import Curve, range_test
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.optimizer_step import stepper_of
from ablation.core.training.setup import Training
from ablation.recipe.data.pool import Ids
from ablation.recipe.recipe import Recipe
from ablation.recipe.schedule.constant import Constant


def lr_curve(task: Task, datasets: Path, lowest: float, highest: float, steps: int) -> Curve:
    """The loss at each learning rate, with the recipe's model, loss, augmentation, mixing and optimizer.

    A backbone with its own learning rate keeps its ratio to the head's. The weights are dropped.

    Args:
        task: of a training; its first epoch is tested.
        lowest, highest: rates of the first and the last step, > 0.
        steps: greatest number of steps; the test ends earlier when the loss runs away.
    """
    constant = task.recipe.model_copy(update={"schedule": Constant()})
    with configured(constant.train):
        training = Training.prepare(dataclasses.replace(task, recipe=constant), (), datasets)
        state = training.fresh()
        training = training.with_features(state.model)
        state.model.train()
        norms, stepper = GradientNorms(state.model.groups(), 0), stepper_of(training, state)
        batches = enumerate(_endless(training))
        shares = [group["lr"] / constant.optimizer.lr for group in state.optimizer.param_groups]

        def step(rate: float) -> float:
            for group, share in zip(state.optimizer.param_groups, shares, strict=True):
                group["lr"] = rate * share
            number, ids = next(batches)
            stepper.take(number, ids, norms)
            return stepper.take_sums()[0] / sum(map(len, ids))

        with drawing(task.streams.number("dropout", 0), task.device):
            return range_test(step, lowest, highest, steps)


def optimizer_patch(rate: float, recipe: Recipe) -> dict[str, float]:
    """The optimizer's settings with which the highest rate of the recipe's schedule is ``rate``, to two digits."""
    lr = rate / recipe.schedule.highest
    rates = {"lr": lr}
    if recipe.optimizer.backbone_lr is not None:
        rates["backbone_lr"] = recipe.optimizer.backbone_lr * lr / recipe.optimizer.lr
    return {name: float(f"{value:.1e}") for name, value in rates.items()}


def _endless(training: Training) -> Iterator[list[Ids]]:
    return (step for epoch in itertools.count() for step in training.steps_of(epoch))
