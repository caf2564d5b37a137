"""Doing what is missing of a plan: stages are computed by workers, shown, and recorded in MLflow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from ablation.experiment.config.source import ExperimentLike, source_of
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.plan_store import store_plan
from ablation.recording.up_to_date import DATABASE, is_recorded, mark_recorded
from ablation.tracking.preflight import refuse_unusable
from ablation.workflow import workers
from ablation.workflow.deferred_recorder import ArrivingRecorder
from ablation.workflow.options import Options
from ablation.workflow.outcome import Outcome
from ablation.workflow.planning import device_and_threads, trained_again
from ablation.workflow.reporting import details_of, table_of

if TYPE_CHECKING:
    from pathlib import Path

    from ablation.experiment.execution.executor import Observer
    from ablation.experiment.execution.fork_server import ForkServer
    from ablation.experiment.execution.process import StartProcess
    from ablation.recording.ladder_recorder import LadderRecorder
    from ablation.recording.projection import LadderProjection
    from ablation.stage import Stage
    from ablation.tracking.record import Status


def carry_out(
    planned: Plan,
    experiment: ExperimentLike,
    only: Sequence[str],
    options: Options,
    console: Console | None = None,
    early: ForkServer | None = None,
) -> Outcome:
    """Do what is missing of a plan, showing progress and recording it.

    Args:
        early: see ``ablation.workflow.workers.started_early``.
    """
    from ablation.workflow.gpu_sharing import beside_each_other

    console, source = console or Console(stderr=True), source_of(experiment)
    wanted = planned.stages_of(planned.chosen(only))
    if again := trained_again(planned, source, options):
        from ablation.reporting.texts.plan_text import made_again_text

        console.print(made_again_text(again), markup=False)
    store_plan(planned, source, options.store)
    whole = len(wanted) == len(planned.stages)
    if whole and options.records_locally and _is_settled(planned, options):
        return Outcome(planned, {}, options.store)
    options = beside_each_other(planned, wanted, source.folder, options, _printing(console))
    _, threads = device_and_threads(planned)
    with workers.worker_start(threads, early) as start:
        failures, recorded = _executed(planned, wanted, source.folder, options, console, start)
    if recorded and whole and not failures and options.records_locally:
        mark_recorded(planned, options.root)
    return Outcome(planned, failures, options.store)


def _executed(
    planned: Plan, wanted: dict[str, Stage], folder: Path, options: Options, console: Console, start: StartProcess
) -> tuple[dict[str, str], bool]:
    """The reasons of the stages that failed, and whether everything has arrived in MLflow."""
    from ablation.experiment.execution.executor import Executor
    from ablation.reporting.texts.progress import Display

    recorder = _recorder(planned, set(wanted), options, console)
    try:
        pool = workers.pool(*device_and_threads(planned), folder, options, start)
        with Display(planned, options.store, set(wanted), pool.size, console) as display:
            observers: list[Observer] = [display, *([recorder] if recorder else [])]
            failures = dict(Executor(wanted, options.store, pool, observers).run())
    except BaseException as error:
        if recorder:
            how: Status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
            recorder.arrived().finish(how, _publish_nothing)
        raise
    if recorder is None:
        return failures, False
    status: Status = "FAILED" if failures else "FINISHED"
    return failures, recorder.arrived().finish(status, lambda to: _publish(to, planned, options, start))


def _is_settled(planned: Plan, options: Options) -> bool:
    """Whether every stage is in the store and MLflow's local record holds all of it."""
    return all(map(options.store.has, planned.stages)) and is_recorded(planned, options.root)


def _recorder(planned: Plan, wanted: set[str], options: Options, console: Console) -> ArrivingRecorder | None:
    """Records the run in MLflow; a server that cannot be reached is an error before anything trains."""
    if not options.track:
        return None
    if options.records_locally:
        refuse_unusable(options.root.absolute() / DATABASE)

    def opened() -> LadderRecorder:
        from ablation.recording.ladder_recorder import LadderRecorder
        from ablation.tracking.store import open_store

        tracking = open_store(options.root, options.tracking_uri)
        recorder = LadderRecorder(planned, wanted, options.store, tracking, _printing(console))
        recorder.start()
        return recorder

    recorder = ArrivingRecorder(opened)
    if not options.records_locally:
        recorder.arrived()
    return recorder


def _printing(console: Console) -> Callable[[str], None]:
    return lambda text: console.print(text, markup=False)


def _publish(projection: LadderProjection, planned: Plan, options: Options, start: StartProcess) -> None:
    from ablation.recording.ladder_summary import publish_table, publishing_models

    slots = workers.machine_slots(*device_and_threads(planned), options)
    with publishing_models(projection, planned, start, slots):
        publish_table(projection, table_of(planned, options.store), details_of(planned, options.store))


def _publish_nothing(projection: LadderProjection) -> None:
    """A stopped run has no table."""
