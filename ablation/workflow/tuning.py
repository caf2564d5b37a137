"""Looking for good settings: the studies of an experiment, driven on the same workers and store as its ladder."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ablation.errors import UserError
from ablation.experiment.config.source import ExperimentLike, Source, source_of
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.store.plan_store import load_stored_plan
from ablation.experiment.store.tuned_store import store_tuned
from ablation.invocation import Invocation
from ablation.workflow import workers
from ablation.workflow.options import Options

if TYPE_CHECKING:
    from ablation.experiment.execution.executor import Executor
    from ablation.experiment.planning.context import PlanningContext
    from ablation.experiment.search.study_plan import Study, StudyPlan
    from ablation.experiment.search.study_state import StudyState
    from ablation.recording.study_recorder import StudyRecorder
    from ablation.tuning.study import OptunaStudy


@dataclass(frozen=True)
class Search:
    """How long and where to search; where it says nothing, the experiment decides.

    Args:
        trials: of each study in all.
        minutes: no trial of a study starts after them.
        each: a study for every variant, the baseline included.
        study: a name that distinguishes it from an earlier study of the same row.
        storage: Optuna's, as a URL or the path of a journal; None for ``OPTUNA_STORAGE``, else ``optuna.db`` in the
            store.
    """

    trials: int | None = None
    minutes: float | None = None
    each: bool = False
    study: str = ""
    storage: str | None = None


@dataclass(frozen=True)
class Searched:
    """How a study stands after this process worked on it.

    Args:
        plan: of the study.
        state: its trials.
        best: its best values, frozen; None before a trial was complete.
        requires: the rungs that the best, written as a rung's patch, builds on.
    """

    plan: StudyPlan
    state: StudyState
    best: Tuned | None
    requires: tuple[str, ...] = ()


def tune(
    experiment: ExperimentLike,
    overrides: Sequence[str] = (),
    search: Search | None = None,
    options: Options | None = None,
    console: Console | None = None,
) -> tuple[Searched, ...]:
    """Bring the studies of an experiment to their number of trials, and freeze the best of each for ``run``.

    Args:
        experiment, overrides, options, console: as in ``run``.
        search: None for what the experiment says.

    Returns:
        For each study its plan, its trials and its best values.

    Raises:
        UserError: the study cannot work; nothing has been trained.
        KeyboardInterrupt: stopped; the same call goes on from there, with the trials that were under way.

    Example:
        >>> ablation.tune("experiments/digits.yaml", search=ablation.Search(trials=10))[0].best
    """
    from ablation.experiment.execution.executor import Executor
    from ablation.experiment.search.studies import studies_of_each, study_of
    from ablation.tuning.grid import no_larger_than_grid
    from ablation.tuning.storage import open_storage
    from ablation.tuning.study import open_study

    search, options = search or Search(), options or Options()
    console = console or Console(stderr=True)
    context = _context(source_of(experiment), overrides, search, options)
    studies = studies_of_each(context.experiment, context) if search.each else (study_of(context.experiment, context),)
    studies = tuple(map(no_larger_than_grid, studies))
    storage = open_storage(options.store.root, search.storage)
    optuna_studies = [open_study(storage, study.plan, study.own) for study in studies]  # any may refuse
    stages = {key: stage for study in studies for key, stage in study.tryouts(study.own, 0).stages.items()}
    _, threads = workers.device_and_threads(stages)
    with workers.worker_start(threads) as start:
        pool = workers.pool(stages, context.folder, options, start)
        with contextlib.closing(Executor({}, options.store, pool, ())) as executor:
            searched = tuple(
                work_on(study, optuna_study, executor, pool.size, options, console)
                for study, optuna_study in zip(studies, optuna_studies, strict=True)
            )
    return tuple(_with_requires(one, context) for one in searched)


def work_on(
    study: Study, optuna_study: OptunaStudy, executor: Executor, jobs: int, options: Options, console: Console
) -> Searched:
    """Work on one study, ``jobs`` trainings at once, until it is over or its time is up, and freeze its best."""
    from ablation.reporting.texts.tuning_progress import TuningDisplay
    from ablation.tuning.driver import StudyDriver
    from ablation.tuning.summary import state_of, tuned_of
    from ablation.tuning.trial_queue import TrialQueue

    plan = study.plan
    row = f"{plan.row}: " if plan.each else ""
    for notice in plan.space.notices:
        console.print(f"note: {row}{notice}", markup=False, highlight=False, soft_wrap=True)
    recorders = _recorders(plan, options, console)
    try:
        deadline = time.monotonic() + 60 * plan.minutes if plan.minutes else None
        with (
            TuningDisplay(plan, jobs, console, lambda: state_of(optuna_study, plan).trials) as display,
            TrialQueue(optuna_study, plan, options.store.root, study.suggest) as queue,
        ):
            StudyDriver(study, queue, executor, options.store, jobs, [display, *recorders], deadline).run()
        best = tuned_of(optuna_study, plan)
        if best:
            store_tuned(best, options.store)
        for recorder in recorders:
            recorder.finish("FINISHED", optuna_study, best)
    except BaseException as error:
        for recorder in recorders:
            recorder.finish("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED", optuna_study)
        raise
    return Searched(plan, state_of(optuna_study, plan), best)


def _recorders(plan: StudyPlan, options: Options, console: Console) -> tuple[StudyRecorder, ...]:
    """What records the trials in MLflow, started; empty if the options ask for no record."""
    if not options.track:
        return ()
    from ablation.recording.study_recorder import StudyRecorder
    from ablation.tracking.store import open_store

    tracking = open_store(options.store.root, options.tracking_uri)
    recorder = StudyRecorder(plan, options.store.locks, tracking, partial(console.print, markup=False))
    recorder.start()
    return (recorder,)


def _with_requires(searched: Searched, context: PlanningContext) -> Searched:
    from ablation.experiment.planning.tuned_ladder import rungs_needed

    if searched.best is None or searched.best.each:
        return searched
    return replace(searched, requires=rungs_needed(context.experiment, searched.best.values, context.origin))


def study_states(
    experiment: ExperimentLike, search: Search | None = None, options: Options | None = None
) -> tuple[StudyState, ...]:
    """How far the studies of an experiment have come, from Optuna's storage alone."""
    from ablation.import_path import look_in
    from ablation.tuning.summary import states_of

    search, options = search or Search(), options or Options()
    source = source_of(experiment)
    look_in(source.folder)  # for a user's own metric
    name = str(source.content.get("name", ""))
    invocation = replace(options.invocation(source.file), storage=search.storage)
    return states_of(options.store.root, search.storage, name, invocation)


def ladder_after(
    experiment: ExperimentLike, overrides: Sequence[str], options: Options, each: bool = False
) -> Invocation:
    """The ladder that best values are for: the latest that ran under the same overrides, else the plain one.

    After a study for ``each`` variant the ladder uses their best values.
    """
    source = source_of(experiment)
    plain = options.invocation(source.file, overrides)
    try:
        last = load_stored_plan(source, options.store).invocation
    except UserError:
        return plain
    if last.overrides != plain.overrides:
        return plain
    return replace(plain, replicates=last.replicates, untuned=last.untuned and not each)


def dashboard(root: Path, storage: str | None, host: str, port: int) -> None:
    """Serve Optuna's own pages on the studies until Ctrl-C."""
    from ablation.tuning.dashboard import serve_dashboard
    from ablation.tuning.storage import open_storage

    serve_dashboard(open_storage(root, storage), host, port)


def _context(source: Source, overrides: Sequence[str], search: Search, options: Options) -> PlanningContext:
    """The experiment with the overrides and the search's settings, and where its recipes meet the data."""
    from ablation.core.device import pick
    from ablation.experiment.config.file import experiment_of
    from ablation.experiment.config.search import TuneSettings, settings_with
    from ablation.experiment.planning.context import PlanningContext

    experiment = experiment_of(source, overrides)
    values = {"trials": search.trials, "minutes": search.minutes, "study": search.study or None}
    changes = {name: value for name, value in values.items() if value is not None}
    settings = settings_with(experiment.tune or TuneSettings(), changes)
    experiment = experiment.model_copy(update={"tune": settings})
    return PlanningContext(experiment, options.store, pick(options.device), source.origin(overrides))
