"""Doing what is missing of a plan: stages are computed by workers, shown, and recorded in MLflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console

from ablation.experiment.config.source import Source
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.plan_store import store_plan
from ablation.experiment.store.provenance import discard_outdated
from ablation.recording.up_to_date import DATABASE, is_recorded, mark_recorded
from ablation.tracking.preflight import refuse_unusable
from ablation.workflow import workers
from ablation.workflow.background import DeferredRecorder
from ablation.workflow.options import Options
from ablation.workflow.planning import trained_again
from ablation.workflow.reporting import Outcome, details_of, table_of

if TYPE_CHECKING:
    from pathlib import Path

    from ablation.experiment.execution.executor import Observer
    from ablation.experiment.execution.fork_server import ForkServer
    from ablation.experiment.execution.process import StartProcess
    from ablation.recording.ladder_recorder import LadderRecorder
    from ablation.recording.projection import LadderProjection
    from ablation.stage import Stage


def carry_out(
    planned: Plan,
    source: Source,
    only: Sequence[str],
    options: Options,
    console: Console | None,
    early: ForkServer | None,
    renew: bool,
) -> Outcome:
    """Do what is missing of a plan, showing progress and recording it; ``early`` is of ``workers.started_early``."""
    from ablation.workflow.gpu_sharing import with_gpu_jobs

    console, store = console or Console(stderr=True), options.store
    stages = planned.stages_of(planned.chosen(only))
    if renew:
        discard_outdated(planned, store)
    if again := trained_again(planned, source, options):
        from ablation.reporting.texts.plan_text import made_again_text

        console.print(made_again_text(again), markup=False)
    store_plan(planned, source, store)
    whole = len(stages) == len(planned.stages)
    if whole and options.records_locally and all(map(store.has, stages)) and is_recorded(planned, store.root):
        return Outcome(planned, {}, store)
    options = with_gpu_jobs(planned, stages, source.folder, options, partial(console.print, markup=False))
    _, threads = workers.device_and_threads(planned.stages)
    with workers.worker_start(threads, early) as start:
        failures, recorded = _executed(planned, stages, source.folder, options, console, start)
    if recorded and whole and not failures and options.records_locally:
        mark_recorded(planned, store.root)
    return Outcome(planned, failures, store)


def _executed(
    planned: Plan, stages: Mapping[str, Stage], folder: Path, options: Options, console: Console, start: StartProcess
) -> tuple[dict[str, str], bool]:
    """The reasons of the stages that failed, and whether everything has arrived in MLflow."""
    from ablation.experiment.execution.executor import Executor
    from ablation.reporting.texts.progress import Display

    recorder = _recorder(planned, set(stages), options, console)
    try:
        pool = workers.pool(planned.stages, folder, options, start)
        with Display(planned, options.store, set(stages), pool.size, console) as display:
            observers: list[Observer] = [display, *([recorder] if recorder else [])]
            failures = dict(Executor(stages, options.store, pool, observers).run())
    except BaseException as error:
        if recorder:
            stopped = isinstance(error, KeyboardInterrupt)
            recorder.opened().finish("KILLED" if stopped else "FAILED", lambda projection: None)
        raise
    if recorder is None:
        return failures, False
    publish = partial(_publish, planned=planned, options=options, start=start)
    return failures, recorder.opened().finish("FAILED" if failures else "FINISHED", publish)


def _recorder(planned: Plan, addresses: set[str], options: Options, console: Console) -> DeferredRecorder | None:
    """Records the run in MLflow; a server that cannot be reached is an error before anything trains."""
    if not options.track:
        return None
    root = options.store.root
    if options.records_locally:
        refuse_unusable(root.absolute() / DATABASE)

    def opened() -> LadderRecorder:
        from ablation.recording.ladder_recorder import LadderRecorder
        from ablation.tracking.store import open_store

        tracking, notify = open_store(root, options.tracking_uri), partial(console.print, markup=False)
        recorder = LadderRecorder(planned, addresses, options.store, tracking, notify)
        recorder.start()
        return recorder

    recorder = DeferredRecorder(opened)
    if not options.records_locally:
        recorder.opened()
    return recorder


def _publish(projection: LadderProjection, planned: Plan, options: Options, start: StartProcess) -> None:
    from ablation.recording.ladder_summary import publish_table, publishing_models

    slots = workers.machine_slots(planned.stages, options)
    with publishing_models(projection, planned, start, slots):
        publish_table(projection, table_of(planned, options.store), details_of(planned, options.store))
