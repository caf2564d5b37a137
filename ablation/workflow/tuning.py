"""Looking for good settings: the studies of a file, driven on the same workers and store as its ladder."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ablation.errors import UserError
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.store.plan_store import recall
from ablation.experiment.store.tuned_store import keep
from ablation.invocation import Invocation
from ablation.workflow import workers
from ablation.workflow.options import Options

if TYPE_CHECKING:
    from ablation.experiment.config.file import Experiment
    from ablation.experiment.execution.executor import Executor
    from ablation.experiment.planning.context import Site
    from ablation.experiment.search.study_plan import Study, StudyPlan
    from ablation.experiment.search.study_state import StudyState
    from ablation.recording.study_recorder import StudyRecorder
    from ablation.tuning.driver import StudyObserver
    from ablation.tuning.study import OptunaStudy


@dataclass(frozen=True)
class Search:
    """What is asked of a search beside what the file says.

    Args:
        trials: of each study in all; None as the file says.
        minutes: no trial of a study is started later; None as the file says.
        each: a study for every variant, the baseline included.
        study: a name that tells it from an earlier study of the same row; empty as the file says.
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
        plan: what it was to do.
        state: its trials.
        best: what was frozen of it; None before a trial was complete.
        requires: the rungs that the best, written as a rung's patch, builds on.
    """

    plan: StudyPlan
    state: StudyState
    best: Tuned | None
    requires: tuple[str, ...] = ()


def tune(
    file: Path,
    overrides: Sequence[str] = (),
    search: Search | None = None,
    options: Options | None = None,
    console: Console | None = None,
) -> tuple[Searched, ...]:
    """Bring the studies of a file to their number of trials, and freeze the best of each for ``run``.

    Raises:
        UserError: what is asked for cannot work; nothing has been trained.
        KeyboardInterrupt: stopped; the same command goes on from there, with the trials that were under way.
    """
    from ablation.experiment.execution.executor import Executor
    from ablation.tuning.grid import no_larger_than_grid
    from ablation.tuning.storage import open_storage
    from ablation.tuning.study import open_study

    search, options = search or Search(), options or Options()
    console = console or Console(stderr=True)
    experiment, site = _asked(file, overrides, search, options)
    found = tuple(map(no_larger_than_grid, _studies(experiment, site, search)))
    opened = open_storage(options.root, search.storage)
    kept_in = [open_study(opened, study.plan, study.own) for study in found]  # each is refused before any is driven
    threads = max(map(_threads, found))
    with workers.starting(threads) as start:
        pool = workers.pool(str(site.device), threads, file, options, start)
        with contextlib.closing(Executor({}, options.store, pool, ())) as executor:
            searched = tuple(
                _searched(study, optuna_study, executor, pool.size, options, console)
                for study, optuna_study in zip(found, kept_in, strict=True)
            )
    return tuple(_with_requires(each, experiment, site.origin) for each in searched)


def _with_requires(searched: Searched, experiment: Experiment, origin: str) -> Searched:
    from ablation.experiment.planning.tuned_ladder import rungs_needed

    if searched.best is None or searched.best.each:
        return searched
    return replace(searched, requires=rungs_needed(experiment, searched.best.values, origin))


def studies(file: Path, search: Search | None = None, options: Options | None = None) -> tuple[StudyState, ...]:
    """Where the studies of a file stand, from Optuna's storage alone."""
    from ablation.experiment.config.yaml_text import parse_yaml
    from ablation.import_path import look_in
    from ablation.tuning.listing import require_storage, states_of
    from ablation.tuning.storage import open_storage

    search, options = search or Search(), options or Options()
    look_in(file.parent)  # for a user's own metric
    experiment = str(parse_yaml(file).get("name", ""))
    invocation = replace(options.invocation(file), storage=search.storage)
    require_storage(options.root, search.storage, experiment, invocation)
    return states_of(open_storage(options.root, search.storage), experiment, invocation)


def ladder_after(
    file: Path, overrides: Sequence[str] = (), options: Options | None = None, each: bool = False
) -> Invocation:
    """The ladder that a study's best belongs to: the latest that ran under the same changes, else the file's own.

    Args:
        each: whether every variant was tuned, so that a ladder that leaves such studies aside is no longer meant.
    """
    options = options or Options()
    asked = options.invocation(file, "ladder", overrides)
    try:
        last = recall(file, options.store).invocation
    except UserError:
        return asked
    if last.overrides != asked.overrides:
        return asked
    return replace(asked, replicates=last.replicates, untuned=last.untuned and not each)


def dashboard(root: Path, storage: str | None, host: str, port: int) -> None:
    """Serve Optuna's own pages on the studies until Ctrl-C."""
    from ablation.tuning.dashboard import serve_dashboard
    from ablation.tuning.storage import open_storage

    serve_dashboard(open_storage(root, storage), host, port)


def _asked(file: Path, overrides: Sequence[str], search: Search, options: Options) -> tuple[Experiment, Site]:
    """The experiment with what the command line asks for, and where its recipes meet the data."""
    from ablation.core.device import pick
    from ablation.experiment.config.file import load, origin_of
    from ablation.experiment.config.search import TuneSettings, settings_with
    from ablation.experiment.planning.context import Site

    experiment = load(file, overrides)
    given = {"trials": search.trials, "minutes": search.minutes, "study": search.study or None}
    asked = {name: value for name, value in given.items() if value is not None}
    settings = settings_with(experiment.tune or TuneSettings(), asked)
    experiment = experiment.model_copy(update={"tune": settings})
    origin = origin_of(file, overrides)
    return experiment, Site(experiment, file.parent.absolute(), options.store, pick(options.device), origin)


def _studies(experiment: Experiment, site: Site, search: Search) -> tuple[Study, ...]:
    from ablation.experiment.search.studies import studies_of_each, study_of

    return studies_of_each(experiment, site) if search.each else (study_of(experiment, site),)


def _threads(study: Study) -> int:
    """The most that one of its trainings takes."""
    tasks = [stage.task for stage in study.tryouts(study.own, 0).stages.values() if stage.kind == "train"]
    return max(int(task["recipe"]["train"]["threads"]) for task in tasks)


def _searched(
    study: Study, optuna_study: OptunaStudy, executor: Executor, jobs: int, options: Options, console: Console
) -> Searched:
    """Work on one study until it is over, and freeze its best."""
    from ablation.tuning.reader import StudyReader

    plan, reader = study.plan, StudyReader(optuna_study, study.plan)
    row = f"{plan.row}: " if plan.each else ""
    for notice in plan.space.notices:
        console.print(f"note: {row}{notice}", markup=False, highlight=False, soft_wrap=True)
    recorders = _recorders(plan, options, console)
    try:
        _drive(study, optuna_study, executor, jobs, options, console, recorders)
        best = reader.tuned()
        if best:
            keep(best, options.store)
        for recorder in recorders:
            recorder.finish("FINISHED", reader, best)
    except BaseException as error:
        for recorder in recorders:
            recorder.finish("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED", reader)
        raise
    return Searched(plan, reader.state(), best)


def _drive(
    study: Study,
    optuna_study: OptunaStudy,
    executor: Executor,
    jobs: int,
    options: Options,
    console: Console,
    recorders: Sequence[StudyObserver],
) -> None:
    from ablation.reporting.texts.tuning_progress import TuningDisplay
    from ablation.tuning.driver import drive
    from ablation.tuning.summary import state_of
    from ablation.tuning.trial_queue import TrialQueue

    plan = study.plan
    deadline = time.monotonic() + 60 * plan.minutes if plan.minutes else None
    known = state_of(optuna_study, plan).trials
    with (
        TuningDisplay(plan, known, jobs, console, lambda: state_of(optuna_study, plan).trials) as display,
        TrialQueue(optuna_study, plan, options.root, study.suggest) as desk,
    ):
        drive(study, desk, executor, options.store, jobs, [display, *recorders], deadline)


def _recorders(plan: StudyPlan, options: Options, console: Console) -> tuple[StudyRecorder, ...]:
    """What records the trials in MLflow, started; none where nothing is to be recorded."""
    if not options.track:
        return ()
    from ablation.recording.study_recorder import StudyRecorder
    from ablation.tracking.store import open_store

    tracking = open_store(options.root, options.tracking_uri)
    recorder = StudyRecorder(plan, options.store.locks, tracking, lambda text: console.print(text, markup=False))
    recorder.start()
    return (recorder,)
