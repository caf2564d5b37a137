"""Work on one study: its trials are driven, shown, recorded in MLflow, and its best values are frozen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.store.tuned_store import store_tuned
from ablation.workflow.options import Options

if TYPE_CHECKING:
    from ablation.experiment.execution.executor import Executor
    from ablation.experiment.search.study_plan import Study, StudyPlan
    from ablation.experiment.search.study_state import StudyState
    from ablation.recording.study_recorder import StudyRecorder
    from ablation.tuning.driver import StudyObserver
    from ablation.tuning.study import OptunaStudy


@dataclass(frozen=True)
class Searched:
    """How a study stands after this process worked on it.

    Args:
        plan: what it was to do.
        state: its trials.
        best: its best values, frozen; None before a trial was complete.
        requires: the rungs that the best, written as a rung's patch, builds on.
    """

    plan: StudyPlan
    state: StudyState
    best: Tuned | None
    requires: tuple[str, ...] = ()


def work_on(
    study: Study, optuna_study: OptunaStudy, executor: Executor, jobs: int, options: Options, console: Console
) -> Searched:
    """Work on one study until it is over or its time is up, and freeze its best.

    Args:
        optuna_study: where its trials are stored.
        jobs: trainings at once.
    """
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
            store_tuned(best, options.store)
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
    with (
        TuningDisplay(plan, jobs, console, lambda: state_of(optuna_study, plan).trials) as display,
        TrialQueue(optuna_study, plan, options.root, study.suggest) as desk,
    ):
        drive(study, desk, executor, options.store, jobs, [display, *recorders], deadline)


def _recorders(plan: StudyPlan, options: Options, console: Console) -> tuple[StudyRecorder, ...]:
    """What records the trials in MLflow, started; empty if the options ask for no record."""
    if not options.track:
        return ()
    from ablation.recording.study_recorder import StudyRecorder
    from ablation.tracking.store import open_store

    tracking = open_store(options.root, options.tracking_uri)
    recorder = StudyRecorder(plan, options.store.locks, tracking, lambda text: console.print(text, markup=False))
    recorder.start()
    return (recorder,)
