"""Checks before anything trains: parts that do not fit together, rows that cannot be compared."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter

import numpy as np
import torch

from ablation.errors import UserError, placed
from ablation.experiment.config.file import Experiment
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.run_mode import RunMode
from ablation.experiment.planning.variants import Ladder, ResolvedVariant
from ablation.import_path import is_import_path
from ablation.invocation import Invocation, Remedy
from ablation.metrics.own import own_metric
from ablation.metrics.per_class import CLASS_ACCURACY
from ablation.recipe.augment import Frame
from ablation.recipe.balance import class_weights
from ablation.recipe.phased import fewest_epochs, stations
from ablation.recipe.recipe import Recipe
from ablation.recipe.steering import watched_throughout

_RULES = {
    "train.keep": "keeps another epoch's weights than",
    "train.keep_by": "keeps another epoch's weights than",
    "data.confirm_size": "sets aside other test images than",
}
"""Settings that must be the same in all variants; otherwise a rung gains by choosing epochs, or by other images."""


def check_fit(recipe: Recipe, context: PlanningContext) -> None:
    """Raise ``UserError``, placed at the setting, where the parts of a recipe do not fit together in some phase."""
    _check_watched(recipe)
    for station, epochs in zip(stations(recipe), fewest_epochs(recipe), strict=True):
        _check_parts(station, epochs, context)
    before, *later = (context.shapes(station) for station in stations(recipe))
    if any(shapes != before for shapes in later):
        remedy = "a phase may change dropouts and what is trained, not the layers"
        raise UserError("a phase changes the model's weights", place="phases", remedy=remedy)


def _check_watched(recipe: Recipe) -> None:
    """The user's own metrics that steer the training can be imported, and are in points where points are required."""
    for setting, name in sorted(watched_throughout(recipe)):
        if is_import_path(name):
            with placed(setting):
                own_metric(name)
    for name, phase in recipe.phases.items():
        metric = phase.start.metric
        if phase.start.above is not None and is_import_path(metric) and own_metric(metric).unit != "points":
            problem = f"above is in points, which {metric} is not"
            raise UserError(problem, place=f"phases.{name}.start.above", remedy="use plateau")


def _check_parts(recipe: Recipe, epochs: int, context: PlanningContext) -> None:
    """Build what takes no time; ``epochs`` are the fewest that the schedule may run over."""
    if recipe.train.precision == "fp16" and context.device.type != "cuda":
        raise UserError("fp16 needs a CUDA device", place="train.precision", remedy="use bf16 or fp32 on the CPU")
    if recipe.train.cuda_graph and context.device.type != "cuda":
        raise UserError("a CUDA graph needs a CUDA device", place="train.cuda_graph", remedy="leave it out")
    if recipe.inference.threshold != "argmax" and recipe.data.positive_class is None:
        remedy = "set data.positive_class"
        raise UserError("a threshold needs a class to decide for", place="inference.threshold", remedy=remedy)
    split = context.split(recipe, 0)
    counts = np.bincount(split.labels[split.train], minlength=len(split.classes))
    recipe.loss.build(torch.as_tensor(class_weights(recipe.balance, counts), dtype=torch.float32))
    recipe.augment.build(Frame.of(recipe.data.image_size, recipe.data.mean))
    weight = torch.zeros(1, requires_grad=True)
    group = {
        "name": "all",
        "params": [weight],
        "lr": recipe.optimizer.lr,
        "weight_decay": recipe.optimizer.weight_decay,
    }
    with _refused("optimizer", f"{recipe.optimizer.name} cannot be built"):
        optimizer = recipe.optimizer.build([group], torch.device("cpu"))
    if epochs > 0:
        with _refused("schedule", f"{recipe.schedule.name} cannot move {recipe.optimizer.name}"):
            length = recipe.train.epochs if recipe.schedule.span == "all" else epochs
            recipe.schedule.build(optimizer, length, steps_per_epoch=2)


@contextmanager
def _refused(section: str, problem: str) -> Iterator[None]:
    """Make any error of the block, which may be of the user's own component, a ``UserError`` of that section."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        remedy = f"choose another {section}, or other settings of it"
        raise UserError(f"{problem}: {type(error).__name__}: {error}", place=section, remedy=remedy) from error


def check_agreement(variants: Sequence[ResolvedVariant], origin: str) -> None:
    """Raise ``UserError`` where a variant changes a rule of the experiment."""
    first = variants[0]
    for variant in variants:
        for path, breach in _RULES.items():
            rule = attrgetter(path)
            if rule(variant.recipe) != rule(first.recipe):
                remedy = "set it in the baseline, for all variants alike"
                raise UserError(f"{variant.name} {breach} {first.name}", place=f"{origin}: {path}", remedy=remedy)


def check_promised_classes(context: PlanningContext) -> None:
    """Raise ``UserError`` where something is promised of a class that the data lack."""
    experiment = context.experiment
    promised = [(f"rung {rung.name}: expect", each.metric) for rung in experiment.rungs for each in rung.expect]
    promised += [("promises", each.metric) for wider in experiment.promises for each in wider.expect]
    promised += [("target", experiment.target.metric)] if experiment.target else []
    for where, metric in promised:
        if CLASS_ACCURACY not in metric:
            continue
        name, classes = metric.removeprefix(CLASS_ACCURACY), context.split(experiment.baseline, 0).classes
        if name not in classes:
            remedy = f"the classes are: {', '.join(map(str, classes))}"
            raise UserError(f"no class {name!r}", place=f"{context.origin}: {where}", remedy=remedy)


def check_settled(
    doubt: str, remedy: Remedy | None, tuned_rung: str | None, invocation: Invocation, origin: str
) -> None:
    """Raise ``UserError`` where the ladder may have had tuned settings which the recipe to confirm has not.

    Args:
        doubt, remedy: as ``ablation.experiment.planning.tuned_ladder.TunedLadder`` has them.
        tuned_rung: the file's, if it has one.
        invocation: whose purpose may be to confirm; the commands that help are made from it.
    """
    if invocation.purpose == "confirm" and doubt:
        without = [] if tuned_rung is None or tuned_rung in invocation.without else [tuned_rung]
        untuned = dataclasses.replace(invocation, untuned=True, without=(*invocation.without, *without))
        tune = f"tune the recipe as it is now: {invocation.mending(remedy)}\n  or " if remedy else ""
        problem = f"it is not clear which settings are to be confirmed: {doubt}"
        raise UserError(problem, place=origin, remedy=f"{tune}confirm it untuned: {untuned.again()}")


def check_run_mode(experiment: Experiment, ladder: Ladder, mode: RunMode, origin: str) -> None:
    """Raise ``UserError`` where there is nothing to confirm, or there are no images to confirm it on."""
    if mode.purpose == "confirm" and not ladder.rungs:
        problem = "the last row has the baseline's recipe, so there is nothing to confirm"
        raise UserError(problem, place=f"{origin}: rungs", remedy="keep a rung that changes something")
    if mode.split == "confirm" and not experiment.baseline.data.confirm_size:
        problem = "no test images are set aside for it"
        remedy = "set it to a share such as 0.5, and run the ladder again"
        raise UserError(problem, place=f"{origin}: baseline.data.confirm_size", remedy=remedy)
