"""The workflow: plan, run, record and report an experiment. The command line is a few lines over these functions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console

from ablation.errors import UserError, placed
from ablation.experiment.plan import Plan
from ablation.experiment.remembered import recall, remember
from ablation.experiment.results import collect
from ablation.experiment.store import ContentStore
from ablation.report.recording.recorded import is_recorded, mark_recorded

if TYPE_CHECKING:
    from ablation.core.lr_range import Curve
    from ablation.core.sample import Sample
    from ablation.core.task import Task
    from ablation.experiment.executor import Observer
    from ablation.experiment.file import Experiment
    from ablation.experiment.pool import Pool
    from ablation.judgement.table import Table
    from ablation.report.recording.projection import Projection, Status
    from ablation.report.recording.recorder import Recorder
    from ablation.report.texts.data_text import DataSheet

CORE = "ablation.core.execute"
ROOT = Path("mlruns")
CHECKPOINT_SECONDS = 30.0


@dataclass(frozen=True)
class Options:
    """How, not what: none of this changes a result.

    Args:
        root: folder of the local store.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; the kind of device is part of a result's identity.
        jobs: stages computed at once; None for one a processor on the CPU, one on CUDA.
        track: whether MLflow records the run.
        tracking_uri: of MLflow's store; None for MLflow's environment variables, else the local store.
        checkpoint_seconds: longest time between checkpoints of a training.
    """

    root: Path = ROOT
    device: str = "auto"
    jobs: int | None = None
    track: bool = True
    tracking_uri: str | None = None
    checkpoint_seconds: float = CHECKPOINT_SECONDS

    @property
    def store(self) -> ContentStore:
        return ContentStore(self.root)

    @property
    def records_locally(self) -> bool:
        """Whether MLflow's record is the local one."""
        return self.track and not self.tracking_uri and not os.environ.get("MLFLOW_TRACKING_URI")


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Args:
        plan: what was asked for.
        failures: reasons of the stages that failed, by address.
    """

    plan: Plan
    failures: dict[str, str]


def plan(
    file: Path, overrides: Sequence[str] = (), replicates: int | None = None, options: Options | None = None
) -> Plan:
    """The plan of an experiment file; data are decoded, nothing is trained.

    Raises:
        UserError: what the file asks for cannot work.
    """
    from ablation.core.device import pick
    from ablation.experiment.file import load, origin_of
    from ablation.experiment.planner import make_plan

    options = options or Options()
    experiment: Experiment = load(file, overrides, replicates)
    origin = origin_of(file, overrides)
    return make_plan(experiment, file.parent.absolute(), options.store, pick(options.device), origin)


def data(file: Path, overrides: Sequence[str] = (), options: Options | None = None) -> DataSheet:
    """The data of an experiment's baseline under its first replicate.

    Raises:
        UserError: the data cannot be used.
    """
    from ablation.core.streams import Streams
    from ablation.core.task import split_of
    from ablation.experiment.file import load
    from ablation.recipe.data.prepare import prepare
    from ablation.report.texts.data_text import data_sheet

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
    (variant,) = planned.chosen([rung or planned.ladder_rows[-1]], "--rung")
    return variant, Task.from_json(planned.stages[planned.runs_of(variant)[0].train].task)


def preview(task: Task, images: int, epochs: int, options: Options | None = None) -> Sample:
    """Training images as they are, as the task augments them in its last phase, and mixed."""
    from ablation.core.sample import sample

    return sample(task, (options or Options()).store.datasets, images, epochs)


def lr_find(task: Task, lowest: float, highest: float, steps: int, options: Options | None = None) -> Curve:
    """The learning-rate range test of a task's training; nothing of it is kept."""
    from ablation.core.lr_find import lr_find

    return lr_find(task, (options or Options()).store.datasets, lowest, highest, steps)


def lane_seconds(planned: Plan, options: Options) -> float:
    """Estimate of the time that what is missing takes on one lane; times a few steps of what is not known yet."""
    from ablation.core.probe import seconds_per_image
    from ablation.experiment.estimate import seconds_left

    store = options.store
    return seconds_left(planned, store, lambda task: seconds_per_image(task, store.datasets))


def jobs_of(planned: Plan, options: Options) -> int:
    """How many stages are computed at once."""
    if options.jobs is not None:
        return options.jobs
    device, threads = _device_and_threads(planned)
    return 1 if device.startswith("cuda") else max(1, _processors() // threads)


def run(
    file: Path,
    overrides: Sequence[str] = (),
    replicates: int | None = None,
    only: Sequence[str] = (),
    options: Options | None = None,
    console: Console | None = None,
) -> Outcome:
    """Run what is missing of an experiment and record it in MLflow.

    Args:
        only: variants, or rungs for their row of the ladder; none means all.
        console: where progress is shown.

    Raises:
        UserError: what the file asks for cannot work; nothing has been trained.
        KeyboardInterrupt: stopped; what was finished is kept, and running it again goes on from there.
    """
    options, console = options or Options(), console or Console(stderr=True)
    planned = plan(file, overrides, replicates, options)
    wanted = planned.stages_of(planned.chosen(only))
    remember(planned, file, options.store)
    whole = len(wanted) == len(planned.stages)
    if whole and options.records_locally and _is_settled(planned, options):
        return Outcome(planned, {})
    with ExitStack() as stack:
        recorder = _recorder(planned, set(wanted), options, console)
        pool = _pool(planned, file, options)
        from ablation.experiment.executor import Executor
        from ablation.report.texts.progress import Display

        display = stack.enter_context(Display(planned, options.store, set(wanted), pool.size, console))
        observers: list[Observer] = [display, *([recorder] if recorder else [])]
        try:
            failures = Executor(wanted, options.store, pool, observers).run()
        except BaseException as error:
            if recorder:
                recorder.finish("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED", _publish_nothing)
            raise
        if recorder:
            status: Status = "FAILED" if failures else "FINISHED"
            arrived = recorder.finish(status, lambda to: _publish(to, planned, options.store))
            if arrived and whole and not failures and options.records_locally:
                mark_recorded(planned, options.root)
    return Outcome(planned, dict(failures))


def results(file: Path, options: Options | None = None) -> pd.DataFrame:
    """The runs of the latest run of a file, one row each; see ``ablation.experiment.results.collect``."""
    store = (options or Options()).store
    return collect(recall(file, store), store)


def report(file: Path, metric: str | None = None, options: Options | None = None) -> Table:
    """The table of the latest run of a file, from the store alone."""
    store = (options or Options()).store
    return table_of(recall(file, store), store, metric)


def table_of(planned: Plan, store: ContentStore, metric: str | None = None) -> Table:
    """The table of a plan's runs in the store."""
    from ablation.experiment.findings import findings
    from ablation.judgement.table import ladder_table
    from ablation.report.texts.warnings_text import warning_lines

    return ladder_table(planned, collect(planned, store), metric, warning_lines(findings(planned, store)))


def _is_settled(planned: Plan, options: Options) -> bool:
    """Whether every stage is in the store and MLflow's local record holds all of it."""
    return all(map(options.store.has, planned.stages)) and is_recorded(planned, options.root)


def _recorder(planned: Plan, wanted: set[str], options: Options, console: Console) -> Recorder | None:
    if not options.track:
        return None
    from ablation.report.recording.recorder import Recorder
    from ablation.tracking.store import open_store

    tracking = open_store(options.root, options.tracking_uri)
    recorder = Recorder(planned, wanted, options.store, tracking, lambda text: console.print(text, markup=False))
    recorder.start()
    return recorder


def _pool(planned: Plan, file: Path, options: Options) -> Pool:
    from ablation.experiment.lanes import machine_folder
    from ablation.experiment.messages import Setup
    from ablation.experiment.pool import Pool

    device, threads = _device_and_threads(planned)
    jobs = jobs_of(planned, options)
    if jobs < 1:
        raise UserError(f"{jobs} is not a number of jobs", place="--jobs", remedy="give 1 or more")
    setup = Setup(
        store=options.root.absolute(),
        core=CORE,
        import_from=file.parent.absolute(),
        lane_folder=machine_folder(),
        lane_kind=device.replace(":", "-"),
        lanes=jobs,
        pin=device == "cpu" and threads == 1,
        checkpoint_seconds=options.checkpoint_seconds,
    )
    return Pool(setup, jobs, threads)


def _device_and_threads(planned: Plan) -> tuple[str, int]:
    tasks = [stage.task for stage in planned.stages.values() if stage.kind == "train"]
    return tasks[0]["device"], max(task["recipe"]["train"]["threads"] for task in tasks)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _publish(projection: Projection, planned: Plan, store: ContentStore) -> None:
    from ablation.report.recording.published import publish_models, publish_table

    publish_table(projection, table_of(planned, store))
    publish_models(projection, planned, store)


def _publish_nothing(projection: Projection) -> None:
    """A stopped run has no table."""
