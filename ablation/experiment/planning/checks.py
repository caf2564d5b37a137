"""Checks before anything trains: parts that do not fit together, rows that cannot be compared."""

import dataclasses
from collections.abc import Sequence

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
"""Settings that are rules of the experiment: a rung that changed one would gain by choosing, or be tested elsewhere."""


def check_fit(recipe: Recipe, context: PlanningContext) -> None:
    """Whether the parts of a recipe fit together, in all of its phases.

    Raises:
        UserError: they do not; the place is the setting's.
    """
    held = stations(recipe)
    _check_watched(recipe)
    for station, epochs in zip(held, fewest_epochs(recipe), strict=True):
        _check_parts(station, epochs, context)
    shapes = [context.shapes(station) for station in held]
    if any(each != shapes[0] for each in shapes):
        raise UserError(
            "a phase changes the model's weights",
            place="phases",
            remedy="a phase may change dropouts and what is trained, not the layers",
        )


def _check_watched(recipe: Recipe) -> None:
    """Whether the user's own metrics that the recipe steers by are there, and are in points where points are asked."""
    for setting, name in sorted(watched_throughout(recipe)):
        if is_import_path(name):
            with placed(setting):
                own_metric(name)
    for name, phase in recipe.phases.items():
        if phase.start.above is not None and is_import_path(phase.start.metric):
            unit = own_metric(phase.start.metric).unit
            if unit != "points":
                raise UserError(
                    f"above is in points, which {phase.start.metric} is not",
                    place=f"phases.{name}.start.above",
                    remedy="use plateau",
                )


def _check_parts(recipe: Recipe, epochs: int, context: PlanningContext) -> None:
    """Build what can be built without time.

    Args:
        epochs: the fewest that the schedule may run over.
    """
    if recipe.train.precision == "fp16" and context.device.type != "cuda":
        raise UserError("fp16 needs a CUDA device", place="train.precision", remedy="use bf16 or fp32 on the CPU")
    if recipe.train.cuda_graph and context.device.type != "cuda":
        raise UserError("a CUDA graph needs a CUDA device", place="train.cuda_graph", remedy="leave it out")
    if recipe.inference.threshold != "argmax" and recipe.data.positive_class is None:
        raise UserError(
            "a threshold needs a class to decide for", place="inference.threshold", remedy="set data.positive_class"
        )
    split = context.split(recipe, 0)
    counts = np.bincount(split.labels[split.train], minlength=len(split.classes))
    recipe.loss.build(torch.as_tensor(class_weights(recipe.balance, counts), dtype=torch.float32))
    recipe.augment.build(Frame.of(recipe.data.image_size, recipe.data.mean))
    optimizer = _optimizer_of_nothing(recipe)
    if epochs > 0:
        _check_schedule(recipe, optimizer, recipe.train.epochs if recipe.schedule.span == "all" else epochs)


def _optimizer_of_nothing(recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's own optimizer of a single weight.

    Raises:
        UserError: it cannot be built with these settings.
    """
    settings, weight = recipe.optimizer, torch.zeros(1, requires_grad=True)
    group = {"name": "all", "params": [weight], "lr": settings.lr, "weight_decay": settings.weight_decay}
    try:
        return settings.build([group], torch.device("cpu"))
    except Exception as error:  # whatever a user's own component raises
        raise _unusable(error, "optimizer", f"{settings.name} cannot be built") from error


def _check_schedule(recipe: Recipe, optimizer: torch.optim.Optimizer, epochs: int) -> None:
    """Whether the schedule can move the recipe's optimizer, over so many epochs of two steps.

    Raises:
        UserError: it cannot.
    """
    try:
        recipe.schedule.build(optimizer, epochs, steps_per_epoch=2)
    except Exception as error:  # whatever torch or a user's own component raises
        problem = f"{recipe.schedule.name} cannot move {recipe.optimizer.name}"
        raise _unusable(error, "schedule", problem) from error


def _unusable(error: Exception, place: str, problem: str) -> UserError:
    """The error as one of the user's settings; one that already is stays as it is."""
    if isinstance(error, UserError):
        return error
    reason = f"{problem}: {type(error).__name__}: {error}"
    return UserError(reason, place=place, remedy=f"choose another {place}, or other settings of it")


def check_agreement(variants: Sequence[ResolvedVariant], origin: str) -> None:
    """Whether all variants keep the rules of the experiment.

    Raises:
        UserError: one has a rule of its own.
    """
    first = variants[0]
    for variant in variants:
        for path, breach in _RULES.items():
            section, name = path.split(".")
            given, common = (getattr(getattr(each.recipe, section), name) for each in (variant, first))
            if given != common:
                raise UserError(
                    f"{variant.name} {breach} {first.name}",
                    place=f"{origin}: {path}",
                    remedy="set it in the baseline, for all variants alike",
                )


def check_promised_classes(experiment: Experiment, context: PlanningContext) -> None:
    """Whether promises of single classes name classes that there are.

    Raises:
        UserError: one does not.
    """
    promised = [(f"rung {rung.name}: expect", each.metric) for rung in experiment.rungs for each in rung.expect]
    promised += [("promises", each.metric) for wider in experiment.promises for each in wider.expect]
    promised += [("target", experiment.target.metric)] if experiment.target else []
    named = [(where, metric.removeprefix(CLASS_ACCURACY)) for where, metric in promised if CLASS_ACCURACY in metric]
    if not named:
        return
    classes = context.split(experiment.baseline, 0).classes
    for where, name in named:
        if name not in classes:
            known = ", ".join(map(str, classes))
            raise UserError(
                f"no class {name!r}", place=f"{context.origin}: {where}", remedy=f"the classes are: {known}"
            )


def check_settled(
    doubt: str, remedy: Remedy | None, tuned_rung: str | None, invocation: Invocation, origin: str
) -> None:
    """Whether the recipe to confirm is one that was tuned as it stands, or not at all.

    Args:
        doubt, remedy: see ``ablation.experiment.planning.tuned_ladder.TunedLadder``.
        tuned_rung: the file's, if it has one.
        invocation: whose purpose may be to confirm; the commands that help are made from it.

    Raises:
        UserError: the ladder that was looked at may have had tuned settings which this recipe has not.
    """
    if invocation.purpose == "confirm" and doubt:
        without = [] if tuned_rung is None or tuned_rung in invocation.without else [tuned_rung]
        untuned = dataclasses.replace(invocation, untuned=True, without=(*invocation.without, *without))
        tune = f"tune the recipe as it is now: {invocation.mending(remedy)}\n  or " if remedy else ""
        raise UserError(
            f"it is not clear which settings are to be confirmed: {doubt}",
            place=origin,
            remedy=f"{tune}confirm it untuned: {untuned.again()}",
        )


def check_run_mode(experiment: Experiment, ladder: Ladder, mode: RunMode, origin: str) -> None:
    """Whether there is something to confirm, and images to do it on.

    Raises:
        UserError: there is not.
    """
    if mode.purpose == "confirm" and not ladder.rungs:
        raise UserError(
            "the last row has the baseline's recipe, so there is nothing to confirm",
            place=f"{origin}: rungs",
            remedy="keep a rung that changes something",
        )
    if mode.split == "confirm" and not experiment.baseline.data.confirm_size:
        raise UserError(
            "no test images are set aside for it",
            place=f"{origin}: baseline.data.confirm_size",
            remedy="set it to a share such as 0.5, and run the ladder again",
        )
