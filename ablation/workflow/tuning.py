"""Looking for good settings: the studies of an experiment, driven on the same workers and store as its ladder."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ablation.errors import UserError
from ablation.experiment.config.source import ExperimentLike, Source, source_of
from ablation.experiment.store.plan_store import load_stored_plan
from ablation.invocation import Invocation
from ablation.workflow import workers
from ablation.workflow.options import Options

if TYPE_CHECKING:
    from rich.console import Console

    from ablation.experiment.config.file import Experiment
    from ablation.experiment.planning.context import PlanningContext
    from ablation.experiment.search.study_plan import Study
    from ablation.experiment.search.study_state import StudyState
    from ablation.workflow.study_work import Searched


@dataclass(frozen=True)
class Search:
    """How long and where to search, beside what the experiment says.

    Args:
        trials: of each study in all; None for the experiment's.
        minutes: no trial of a study is started after them; None for the experiment's.
        each: a study for every variant, the baseline included.
        study: a name that distinguishes it from an earlier study of the same row; empty for the experiment's.
        storage: Optuna's, as a URL or the path of a journal; None for ``OPTUNA_STORAGE``, else ``optuna.db`` in the
            store.
    """

    trials: int | None = None
    minutes: float | None = None
    each: bool = False
    study: str = ""
    storage: str | None = None


def tune(
    experiment: ExperimentLike,
    overrides: Sequence[str] = (),
    search: Search | None = None,
    options: Options | None = None,
    console: Console | None = None,
) -> tuple[Searched, ...]:
    """Bring the studies of an experiment to their number of trials, and freeze the best of each for ``run``.

    Args:
        experiment: the path of an experiment file, or an ``Experiment``.
        overrides: see ``run``.
        search: number of trials, minutes, one study or one for each variant, and Optuna's storage.
        options: store, device, jobs and MLflow.
        console: where progress is shown; None for standard error.

    Returns:
        One value a study: what it was to do, its trials, and its best values.

    Raises:
        UserError: what is asked for cannot work; nothing has been trained.
        KeyboardInterrupt: stopped; the same call goes on from there, with the trials that were under way.

    Example:
        >>> ablation.tune("experiments/digits.yaml", search=ablation.Search(trials=10))[0].best
    """
    from rich.console import Console

    from ablation.experiment.execution.executor import Executor
    from ablation.tuning.grid import no_larger_than_grid
    from ablation.tuning.storage import open_storage
    from ablation.tuning.study import open_study
    from ablation.workflow.study_work import work_on

    search, options = search or Search(), options or Options()
    console = console or Console(stderr=True)
    settings, context = _settings_and_context(source_of(experiment), overrides, search, options)
    studies = tuple(map(no_larger_than_grid, _studies(settings, context, search)))
    storage = open_storage(options.root, search.storage)
    optuna_studies = [open_study(storage, study.plan, study.own) for study in studies]  # any may refuse
    threads = max(map(_threads, studies))
    with workers.worker_start(threads) as start:
        pool = workers.pool(str(context.device), threads, context.folder, options, start)
        with contextlib.closing(Executor({}, options.store, pool, ())) as executor:
            searched = tuple(
                work_on(study, optuna_study, executor, pool.size, options, console)
                for study, optuna_study in zip(studies, optuna_studies, strict=True)
            )
    return tuple(_with_requires(one, settings, context.origin) for one in searched)


def _with_requires(searched: Searched, experiment: Experiment, origin: str) -> Searched:
    from ablation.experiment.planning.tuned_ladder import rungs_needed

    if searched.best is None or searched.best.each:
        return searched
    return replace(searched, requires=rungs_needed(experiment, searched.best.values, origin))


def study_states(
    experiment: ExperimentLike, search: Search | None = None, options: Options | None = None
) -> tuple[StudyState, ...]:
    """How far the studies of an experiment have come, from Optuna's storage alone."""
    from ablation.import_path import look_in
    from ablation.tuning.listing import require_storage, states_of
    from ablation.tuning.storage import open_storage

    search, options = search or Search(), options or Options()
    source = source_of(experiment)
    look_in(source.folder)  # for a user's own metric
    name = str(source.content.get("name", ""))
    invocation = replace(options.invocation(source.file), storage=search.storage)
    require_storage(options.root, search.storage, name, invocation)
    return states_of(open_storage(options.root, search.storage), name, invocation)


def ladder_after(
    experiment: ExperimentLike, overrides: Sequence[str] = (), options: Options | None = None, each: bool = False
) -> Invocation:
    """The ladder that a study's best values are for: the latest that ran under the same overrides, else the plain one.

    Args:
        each: whether every variant was tuned, so that the ladder is to use their best values.
    """
    options = options or Options()
    source = source_of(experiment)
    plain = options.invocation(source.file, "ladder", overrides)
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


def _settings_and_context(
    source: Source, overrides: Sequence[str], search: Search, options: Options
) -> tuple[Experiment, PlanningContext]:
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
    context = PlanningContext(experiment, options.store, pick(options.device), source.origin(overrides))
    return experiment, context


def _studies(experiment: Experiment, context: PlanningContext, search: Search) -> tuple[Study, ...]:
    from ablation.experiment.search.studies import studies_of_each, study_of

    return studies_of_each(experiment, context) if search.each else (study_of(experiment, context),)


def _threads(study: Study) -> int:
    """The most that one of its trainings takes."""
    tasks = [stage.task for stage in study.tryouts(study.own, 0).stages.values() if stage.kind == "train"]
    return max(int(task["recipe"]["train"]["threads"]) for task in tasks)
