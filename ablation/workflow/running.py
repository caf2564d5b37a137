"""Doing it: what is missing is trained, predicted and recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ablation.errors import UserError
from ablation.experiment.execution.process import ChildDiedError
from ablation.experiment.execution.subprocess_call import call_elsewhere
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.confirmations import freeze
from ablation.experiment.store.plan_store import remember
from ablation.experiment.store.preregistration import note_look, register
from ablation.experiment.store.provenance import discard_foreign
from ablation.recording.up_to_date import DATABASE, is_recorded, mark_recorded
from ablation.tracking.preflight import refuse_unusable
from ablation.workflow import workers
from ablation.workflow.background_import import imported_meanwhile
from ablation.workflow.deferred_recorder import ArrivingRecorder
from ablation.workflow.options import Options
from ablation.workflow.planning import device_and_threads, plan, trained_again
from ablation.workflow.reporting import table_of

if TYPE_CHECKING:
    from ablation.experiment.execution.executor import Observer
    from ablation.experiment.execution.fork_server import ForkServer
    from ablation.experiment.execution.process import Start
    from ablation.recording.ladder_recorder import LadderRecorder
    from ablation.recording.projection import LadderProjection
    from ablation.stage import Stage
    from ablation.tracking.record import Status

_RECORDING = ("ablation.tracking.store", "ablation.recording.projection")
_REPORTING = (
    "ablation.analysis.table.analyse",
    "ablation.reporting.export",
    "ablation.reporting.notebook",
    "scipy.stats",
)
"""What this process needs later, and imports in seconds that are nobody's yet."""

FEWEST_TO_CONFIRM = 10
FIRST_FRESH = 100_000
"""Number of the first replicate of a confirmation, beyond those of any ladder."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Args:
        plan: what was asked for.
        failures: reasons of the stages that failed, by address.
    """

    plan: Plan
    failures: dict[str, str]


def run(
    file: Path,
    overrides: Sequence[str] = (),
    replicates: int | None = None,
    only: Sequence[str] = (),
    options: Options | None = None,
    console: Console | None = None,
    renew: bool = False,
    untuned: bool = False,
) -> Outcome:
    """Run what is missing of an experiment and record it in MLflow.

    Args:
        only: variants, or rungs for their row of the ladder; none means all.
        console: where progress is shown.
        renew: train again what was made with other code or other data than would be used now.
        untuned: leave alone the studies that ``tune(each=True)`` gave every variant.

    Raises:
        UserError: what the file asks for cannot work; nothing has been trained.
        KeyboardInterrupt: stopped; what was finished is kept, and running it again goes on from there.
    """
    options = options or Options()
    with workers.started_early(file, overrides, replicates, options) as early:
        planned = _planned(early, partial(plan, file, overrides, replicates, options, untuned=untuned), options)
        planned.chosen(only)
        if renew:
            discard_foreign(planned, options.store)
        register(planned, options.store)
        outcome = carry_out(planned, file, only, options, console, early)
    if not outcome.failures and all(map(options.store.has, planned.stages)):
        note_look(planned, options.store)
    return outcome


def confirm(
    file: Path,
    overrides: Sequence[str] = (),
    replicates: int = FEWEST_TO_CONFIRM,
    without: Sequence[str] = (),
    options: Options | None = None,
    console: Console | None = None,
    untuned: bool = False,
    renew: bool = False,
) -> Outcome:
    """Run the baseline and the final recipe under fresh replicates, for one comparison that nothing was chosen by.

    Args:
        replicates: at least 10.
        without: rungs that were dropped after the ladder was looked at.
        untuned: leave alone the studies that ``tune(each=True)`` gave every variant.
        renew: see ``run``.

    Raises:
        UserError: see ``run``; or fewer than 10 replicates.
    """
    if replicates < FEWEST_TO_CONFIRM:
        problem = f"{replicates} replicates are too few to confirm anything"
        raise UserError(problem, place="--replicates", remedy=f"give {FEWEST_TO_CONFIRM} or more")
    options = options or Options()
    with workers.started_early(file, overrides, replicates, options, "confirm") as early:
        planned = _planned(
            early, partial(_confirmation, file, overrides, replicates, without, options, untuned), options
        )
        if renew:
            discard_foreign(planned, options.store)
        freeze(planned, options.store)
        return carry_out(planned, file, (), options, console, early)


def calibrate(
    file: Path,
    overrides: Sequence[str] = (),
    replicates: int | None = None,
    options: Options | None = None,
    console: Console | None = None,
    untuned: bool = False,
    renew: bool = False,
) -> Outcome:
    """Run the baseline and the final recipe under many replicates, and the baseline's first one twice.

    Args:
        replicates: None for four times the file's number: two disjoint arms, twice.
        untuned: leave alone the studies that ``tune(each=True)`` gave every variant.
        renew: see ``run``.

    Raises:
        UserError: see ``run``.
    """
    options = options or Options()
    with workers.started_early(file, overrides, replicates, options, "calibrate") as early:
        planned = _planned(early, partial(_calibration, file, overrides, replicates, options, untuned), options)
        if renew:
            discard_foreign(planned, options.store)
        return carry_out(planned, file, (), options, console, early)


def carry_out(
    planned: Plan,
    file: Path,
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

    console = console or Console(stderr=True)
    wanted = planned.stages_of(planned.chosen(only))
    if again := trained_again(planned, file, options):
        from ablation.reporting.texts.made_again_text import made_again_text

        console.print(made_again_text(again), markup=False)
    remember(planned, file, options.store)
    whole = len(wanted) == len(planned.stages)
    if whole and options.records_locally and _is_settled(planned, options):
        return Outcome(planned, {})
    options = beside_each_other(planned, wanted, file, options, _saying(console))
    _, threads = device_and_threads(planned)
    with workers.starting(threads, early) as start:
        failures, arrived = _executed(planned, wanted, file, options, console, start)
    if arrived and whole and not failures and options.records_locally:
        mark_recorded(planned, options.root)
    return Outcome(planned, failures)


def _executed(
    planned: Plan, wanted: dict[str, Stage], file: Path, options: Options, console: Console, start: Start
) -> tuple[dict[str, str], bool]:
    """The reasons of the stages that failed, and whether all that there is to tell has arrived in MLflow."""
    from ablation.experiment.execution.executor import Executor
    from ablation.reporting.texts.progress import Display

    recorder = _recorder(planned, set(wanted), options, console)
    try:
        pool = workers.pool(*device_and_threads(planned), file, options, start)
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


def _planned(early: ForkServer | None, planning: Callable[[], Plan], options: Options) -> Plan:
    """The plan, made by a process that imports torch anyway, which this one then need not."""
    if early is None:
        return planning()
    try:
        with imported_meanwhile((*_RECORDING, *_REPORTING) if options.track else _REPORTING):
            return call_elsewhere(early.start, planning)
    except ChildDiedError as error:
        remedy = "see whether memory is short: the data are decoded while planning"
        raise UserError(f"the plan was not finished: {error}", remedy=remedy) from error


def _confirmation(
    file: Path, overrides: Sequence[str], replicates: int, without: Sequence[str], options: Options, untuned: bool
) -> Plan:
    """The plan of a confirmation, on the images that the file reserves for it, else on the test set again."""
    from ablation.experiment.config.file import load
    from ablation.experiment.planning import run_mode

    set_aside = load(file, overrides).baseline.data.confirm_size > 0
    numbers = range(FIRST_FRESH, FIRST_FRESH + replicates)
    asked = run_mode.confirm(numbers, "confirm" if set_aside else "test")
    return plan(file, overrides, None, options, asked, without, untuned)


def _calibration(file: Path, overrides: Sequence[str], replicates: int | None, options: Options, untuned: bool) -> Plan:
    from ablation.experiment.config.file import load
    from ablation.experiment.planning import run_mode

    number = replicates or 4 * load(file, overrides).replicates
    planned = plan(file, overrides, None, options, run_mode.calibrate(range(number)), untuned=untuned)
    return replace(planned, asked_by=replace(planned.invocation, replicates=replicates))


def _is_settled(planned: Plan, options: Options) -> bool:
    """Whether every stage is in the store and MLflow's local record holds all of it."""
    return all(map(options.store.has, planned.stages)) and is_recorded(planned, options.root)


def _recorder(planned: Plan, wanted: set[str], options: Options, console: Console) -> ArrivingRecorder | None:
    """Follows the run into MLflow; a record elsewhere may be out of reach, which is told before anything trains."""
    if not options.track:
        return None
    if options.records_locally:
        refuse_unusable(options.root.absolute() / DATABASE)

    def opened() -> LadderRecorder:
        from ablation.recording.ladder_recorder import LadderRecorder
        from ablation.tracking.store import open_store

        tracking = open_store(options.root, options.tracking_uri)
        recorder = LadderRecorder(planned, wanted, options.store, tracking, _saying(console))
        recorder.start()
        return recorder

    recorder = ArrivingRecorder(opened)
    if not options.records_locally:
        recorder.arrived()
    return recorder


def _saying(console: Console) -> Callable[[str], None]:
    return lambda text: console.print(text, markup=False)


def _publish(projection: LadderProjection, planned: Plan, options: Options, start: Start) -> None:
    from ablation.analysis.verdict.details import ladder_details
    from ablation.recording.ladder_summary import publish_table, publishing_models

    lanes = workers.machine_lanes(*device_and_threads(planned), options)
    with publishing_models(projection, planned, start, lanes):
        publish_table(projection, table_of(planned, options.store), ladder_details(planned, options.store))


def _publish_nothing(projection: LadderProjection) -> None:
    """A stopped run has no table."""
