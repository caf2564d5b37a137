"""What would be done, and what the data and a row's training look like; nothing is trained for good."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ablation.errors import UserError, placed
from ablation.experiment.planning.plan import Plan
from ablation.workflow import workers
from ablation.workflow.options import Options

if TYPE_CHECKING:
    from ablation.core.profiling.lr_range import Curve
    from ablation.core.profiling.preview import PreviewImages
    from ablation.core.task import Task
    from ablation.experiment.planning.made_again import MadeAgain
    from ablation.experiment.planning.run_mode import Purpose
    from ablation.reporting.texts.data_text import DataSheet


def plan(
    file: Path,
    overrides: Sequence[str] = (),
    replicates: int | None = None,
    options: Options | None = None,
    purpose: Purpose | None = None,
    without: Sequence[str] = (),
    untuned: bool = False,
) -> Plan:
    """The plan of an experiment file; data are decoded, nothing is trained.

    Args:
        replicates: instead of the file's number.
        purpose: which of it runs, under which replicates; None for the ladder.
        without: rungs to leave out of the file.
        untuned: whether every variant keeps the file's settings, though ``ablation tune --each`` found better ones.

    Raises:
        UserError: what the file asks for cannot work.
    """
    from ablation.core.device import pick
    from ablation.experiment.config.file import load, origin_of
    from ablation.experiment.planning.planner import make_plan
    from ablation.experiment.planning.run_mode import LADDER

    options = options or Options()
    experiment = load(file, overrides, replicates, without)
    origin = origin_of(file, overrides)
    folder, device = file.parent.absolute(), pick(options.device)
    purpose = purpose or LADDER
    invocation = options.invocation(file, purpose.name, overrides, replicates or len(purpose.numbers or ()) or None)
    invocation = dataclasses.replace(invocation, without=tuple(without), untuned=untuned)
    return make_plan(experiment, folder, options.store, device, origin, purpose, untuned, invocation)


def data(file: Path, overrides: Sequence[str] = (), options: Options | None = None) -> DataSheet:
    """The data of an experiment's baseline under its first replicate.

    Raises:
        UserError: the data cannot be used.
    """
    from ablation.core.streams import Streams
    from ablation.core.task import split_of
    from ablation.experiment.config.file import load
    from ablation.recipe.data.prepare import prepare
    from ablation.reporting.texts.data_text import data_sheet

    experiment = load(file, overrides)
    recipe, streams = experiment.baseline, Streams(experiment.seed, replicate=0)
    with placed(f"{file}: baseline"):
        dataset = prepare(recipe.data, file.parent.absolute(), (options or Options()).store.datasets)
        return data_sheet(recipe, dataset, split_of(dataset, recipe, experiment.protocol, streams), streams)


def row_task(
    file: Path, rung: str | None = None, overrides: Sequence[str] = (), options: Options | None = None
) -> tuple[str, Task]:
    """The name of a row of the ladder, and its training under the first replicate, from its start.

    Args:
        rung: the row's rung, or ``baseline``; None for the last row.

    Raises:
        UserError: there is no such rung, or what the file asks for cannot work.
    """
    from ablation.core.task import Task

    planned = plan(file, overrides, 1, options)
    (variant,) = planned.chosen([rung or planned.full_row], "--rung")
    return variant, Task.from_json(planned.stages[planned.runs_of(variant)[0].train].task)


def preview(task: Task, images: int, epochs: int, options: Options | None = None) -> PreviewImages:
    """Training images as they are, as the task augments them in its last phase, and mixed."""
    from ablation.core.profiling.preview import preview_images

    return preview_images(task, (options or Options()).store.datasets, images, epochs)


def lr_find(task: Task, lowest: float, highest: float, steps: int, options: Options | None = None) -> Curve:
    """The learning-rate range test of a task's training; nothing of it is kept."""
    from ablation.core.profiling.lr_finder import lr_curve

    return lr_curve(task, (options or Options()).store.datasets, lowest, highest, steps)


def trained_again(planned: Plan, file: Path, options: Options) -> MadeAgain | None:
    """The trainings of a file's last run that are made again with the same settings; None where there are none.

    The last run is what the store remembers, so this is asked before the new plan is kept.
    """
    from ablation.experiment.planning.made_again import made_again
    from ablation.experiment.store.plan_store import recall

    if all(map(options.store.has, (each.address for each in planned.stages.values() if each.kind == "train"))):
        return None
    try:
        last = recall(file, options.store, planned.purpose)
    except UserError:  # it was never run, or by a version whose plans cannot be read
        return None
    return made_again(last, planned, options.store)


def lane_seconds(planned: Plan, options: Options) -> float:
    """Estimate of the time that what is missing takes on one lane; times a few steps of what is not known yet."""
    from ablation.core.profiling.probe import seconds_per_image
    from ablation.experiment.planning.estimate import seconds_left

    store = options.store
    return seconds_left(planned, store, lambda task: seconds_per_image(task, store.datasets))


def jobs_of(planned: Plan, options: Options) -> int:
    """How many stages are computed at once."""
    device, threads = device_and_threads(planned)
    return workers.lanes(device, threads, options)


def device_and_threads(planned: Plan) -> tuple[str, int]:
    """The plan's device, and the most threads that one of its trainings takes."""
    tasks = [stage.task for stage in planned.stages.values() if stage.kind == "train"]
    return tasks[0]["device"], max(task["recipe"]["train"]["threads"] for task in tasks)
