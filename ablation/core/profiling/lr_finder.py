"""The learning-rate range test of a task: a new training in which the rate rises step by step."""

from itertools import count
from pathlib import Path

from ablation.core.device import configured
from ablation.core.profiling.dry_run import ConstantRun
from ablation.core.profiling.lr_range import Curve, range_test
from ablation.core.streams import drawing
from ablation.core.task import Task
from ablation.recipe.recipe import Recipe


def lr_curve(task: Task, datasets: Path, lowest: float, highest: float, steps: int) -> Curve:
    """The loss at each learning rate, with the recipe's model, loss, augmentation, mixing and optimizer.

    A backbone with its own learning rate keeps its ratio to the head's. The weights are dropped.

    Args:
        task: of a training; its first epoch is tested.
        lowest, highest: rates of the first and the last step, > 0.
        steps: greatest number of steps; the test ends earlier when the loss runs away.
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


def optimizer_patch(rate: float, recipe: Recipe) -> dict[str, float]:
    """The optimizer's settings with which the highest rate of the recipe's schedule is ``rate``, to two digits."""
    lr = rate / recipe.schedule.highest
    rates = {"lr": lr}
    if recipe.optimizer.backbone_lr is not None:
        rates["backbone_lr"] = recipe.optimizer.backbone_lr * lr / recipe.optimizer.lr
    return {name: float(f"{value:.1e}") for name, value in rates.items()}
