"""Running an experiment: what is missing is trained, predicted and recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ablation.errors import UserError
from ablation.experiment.config.source import ExperimentLike, Source, source_of
from ablation.experiment.execution.process import ProcessDiedError
from ablation.experiment.execution.subprocess_call import call_in_subprocess
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.confirmations import record_question
from ablation.experiment.store.preregistration import note_look, register
from ablation.experiment.store.provenance import discard_outdated
from ablation.workflow import workers
from ablation.workflow.background_import import imported_meanwhile
from ablation.workflow.execution import carry_out
from ablation.workflow.options import Options
from ablation.workflow.outcome import Outcome
from ablation.workflow.planning import plan_of

if TYPE_CHECKING:
    from rich.console import Console

    from ablation.experiment.execution.fork_server import ForkServer

_RECORDING = ("ablation.tracking.store", "ablation.recording.projection")
_REPORTING = (
    "ablation.analysis.table.analyse",
    "ablation.reporting.export",
    "ablation.reporting.notebook",
    "scipy.stats",
)
"""What this process needs later, and imports while another one plans."""

FEWEST_TO_CONFIRM = 10
FIRST_FRESH = 100_000
"""Number of the first replicate of a confirmation, beyond those of any ladder."""


def run(
    experiment: ExperimentLike,
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
        experiment: the path of an experiment file, or an ``Experiment``.
        overrides: ``section.key=value`` texts for the baseline, ``Rung name/section.key=value`` for a rung's patch.
        replicates: instead of the experiment's number.
        options: store, device, jobs and MLflow.
        only: variants, or rungs for their row of the ladder; none means all.
        console: where progress is shown; None for standard error.
        renew: train again what was made with other code or other data than would be used now.
        untuned: keep the file's settings, though ``tune`` with ``each`` found better ones for every variant.

    Raises:
        UserError: what the file asks for cannot work; nothing has been trained.
        KeyboardInterrupt: stopped; what was finished is kept, and running it again goes on from there.

    Example:
        >>> outcome = ablation.run("experiments/digits.yaml", replicates=2)
        >>> print(outcome.table())
    """
    source, options = source_of(experiment), options or Options()
    with workers.started_early(source, overrides, replicates, options) as early:
        planned = _planned(early, partial(plan_of, source, overrides, replicates, options, untuned=untuned), options)
        planned.chosen(only)
        if renew:
            discard_outdated(planned, options.store)
        register(planned, options.store)
        outcome = carry_out(planned, source, only, options, console, early)
    if not outcome.failures and all(map(options.store.has, planned.stages)):
        note_look(planned, options.store)
    return outcome


def confirm(
    experiment: ExperimentLike,
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
        experiment, overrides, options, console: see ``run``.
        replicates: at least 10.
        without: rungs that were dropped after the ladder was looked at.
        untuned: keep the file's settings, though ``tune`` with ``each`` found better ones for every variant.
        renew: see ``run``.

    Raises:
        UserError: see ``run``; or fewer than 10 replicates.

    Example:
        >>> print(ablation.confirm("experiments/digits.yaml", without=["Focal loss"]).table())
    """
    if replicates < FEWEST_TO_CONFIRM:
        problem = f"{replicates} replicates are too few to confirm anything"
        raise UserError(problem, place="--replicates", remedy=f"give {FEWEST_TO_CONFIRM} or more")
    source, options = source_of(experiment), options or Options()
    with workers.started_early(source, overrides, replicates, options, "confirm") as early:
        planned = _planned(
            early, partial(_confirmation, source, overrides, replicates, without, options, untuned), options
        )
        if renew:
            discard_outdated(planned, options.store)
        record_question(planned, options.store)
        return carry_out(planned, source, (), options, console, early)


def calibrate(
    experiment: ExperimentLike,
    overrides: Sequence[str] = (),
    replicates: int | None = None,
    options: Options | None = None,
    console: Console | None = None,
    untuned: bool = False,
    renew: bool = False,
) -> Outcome:
    """Run the baseline and the final recipe under many replicates, and the baseline's first one twice.

    Args:
        experiment, overrides, options, console: see ``run``.
        replicates: None for four times the experiment's number: two disjoint arms, twice.
        untuned: keep the file's settings, though ``tune`` with ``each`` found better ones for every variant.
        renew: see ``run``.

    Raises:
        UserError: see ``run``.

    Example:
        >>> ablation.calibrate("experiments/digits.yaml", replicates=40).calibration().checked
    """
    source, options = source_of(experiment), options or Options()
    with workers.started_early(source, overrides, replicates, options, "calibrate") as early:
        planned = _planned(early, partial(_calibration, source, overrides, replicates, options, untuned), options)
        if renew:
            discard_outdated(planned, options.store)
        return carry_out(planned, source, (), options, console, early)


def _planned(early: ForkServer | None, planning: Callable[[], Plan], options: Options) -> Plan:
    """The plan, made by a process that imports torch anyway, so that this one need not."""
    if early is None:
        return planning()
    try:
        with imported_meanwhile((*_RECORDING, *_REPORTING) if options.track else _REPORTING):
            return call_in_subprocess(early.start, planning)
    except ProcessDiedError as error:
        remedy = "see whether memory is short: the data are decoded while planning"
        raise UserError(f"the plan was not finished: {error}", remedy=remedy) from error


def _confirmation(
    source: Source, overrides: Sequence[str], replicates: int, without: Sequence[str], options: Options, untuned: bool
) -> Plan:
    """The plan of a confirmation, on the images that the experiment reserves for it, else on the test set again."""
    from ablation.experiment.config.file import experiment_of
    from ablation.experiment.planning.run_mode import RunMode

    set_aside = experiment_of(source, overrides).baseline.data.confirm_size > 0
    numbers = tuple(range(FIRST_FRESH, FIRST_FRESH + replicates))
    mode = RunMode("confirm", numbers, "confirm" if set_aside else "test")
    return plan_of(source, overrides, None, options, mode, without, untuned)


def _calibration(
    source: Source, overrides: Sequence[str], replicates: int | None, options: Options, untuned: bool
) -> Plan:
    from ablation.experiment.config.file import experiment_of
    from ablation.experiment.planning.run_mode import RunMode

    number = replicates or 4 * experiment_of(source, overrides).replicates
    mode = RunMode("calibrate", tuple(range(number)), repeats=1)
    planned = plan_of(source, overrides, None, options, mode, untuned=untuned)
    return replace(planned, asked_by=replace(planned.invocation, replicates=replicates))
