"""Running an experiment: what is missing is trained, predicted and recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ablation.errors import UserError
from ablation.experiment.config.source import ExperimentLike, source_of
from ablation.experiment.execution.process import ProcessDiedError
from ablation.experiment.execution.subprocess_call import call_in_subprocess
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.confirmations import record_question
from ablation.experiment.store.preregistration import note_look, register
from ablation.invocation import FEWEST_TO_CONFIRM
from ablation.workflow import workers
from ablation.workflow.background import imported_meanwhile
from ablation.workflow.execution import carry_out
from ablation.workflow.options import Options
from ablation.workflow.planning import plan_of
from ablation.workflow.reporting import Outcome

if TYPE_CHECKING:
    from rich.console import Console

    from ablation.experiment.config.file import Experiment
    from ablation.experiment.execution.fork_server import ForkServer
    from ablation.experiment.planning.run_mode import RunMode

_RECORDING = ("ablation.tracking.store", "ablation.recording.projection", "ablation.reporting.export")
_REPORTING = ("ablation.analysis.table.analyse", "ablation.reporting.notebook", "scipy.stats")
"""Modules that this process needs later, and imports while another one plans."""

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
        experiment, overrides, replicates, options, untuned: as in ``plan``.
        only: variants, or rungs for their row of the ladder; none means all.
        console: where progress is shown; None for standard error.
        renew: train again what was made with other code or other data than would be used now.

    Raises:
        UserError: what the file asks for cannot work; nothing has been trained.
        KeyboardInterrupt: stopped; what was finished is kept, and running it again goes on from there.

    Example:
        >>> outcome = ablation.run("experiments/digits.yaml", replicates=2)
        >>> print(outcome.table())
    """
    source, options = source_of(experiment), options or Options()
    planning = partial(plan_of, source, overrides, replicates, options, untuned=untuned)
    with workers.started_early(source, overrides, replicates, options) as early:
        planned = _planned(early, planning, options)
        planned.chosen(only)  # before anything is registered
        register(planned, options.store)
        outcome = carry_out(planned, source, only, options, console, early, renew)
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
        experiment, overrides, options, console, untuned, renew: as in ``run``.
        replicates: at least 10.
        without: rungs that were dropped after the ladder was looked at.

    Raises:
        UserError: as ``run``; or fewer than 10 replicates.

    Example:
        >>> print(ablation.confirm("experiments/digits.yaml", without=["Focal loss"]).table())
    """
    if replicates < FEWEST_TO_CONFIRM:
        problem = f"{replicates} replicates are too few to confirm anything"
        raise UserError(problem, place="--replicates", remedy=f"give {FEWEST_TO_CONFIRM} or more")
    source, options = source_of(experiment), options or Options()
    mode_of = partial(_confirm_mode, replicates=replicates)
    planning = partial(plan_of, source, overrides, replicates, options, mode_of, without, untuned)
    with workers.started_early(source, overrides, replicates, options, "confirm") as early:
        planned = _planned(early, planning, options)
        record_question(planned, options.store)
        return carry_out(planned, source, (), options, console, early, renew)


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
        experiment, overrides, options, console, untuned, renew: as in ``run``.
        replicates: None for four times the experiment's number: two disjoint arms, twice.

    Raises:
        UserError: as ``run``.

    Example:
        >>> ablation.calibrate("experiments/digits.yaml", replicates=40).calibration().checked
    """
    source, options = source_of(experiment), options or Options()
    mode_of = partial(_calibrate_mode, replicates=replicates)
    planning = partial(plan_of, source, overrides, replicates, options, mode_of, untuned=untuned)
    with workers.started_early(source, overrides, replicates, options, "calibrate") as early:
        planned = _planned(early, planning, options)
        return carry_out(planned, source, (), options, console, early, renew)


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


def _confirm_mode(experiment: Experiment, replicates: int) -> RunMode:
    """Judged on the images that the experiment reserves for it, else on the test set again."""
    from ablation.experiment.planning.run_mode import RunMode

    numbers = tuple(range(FIRST_FRESH, FIRST_FRESH + replicates))
    return RunMode("confirm", numbers, "confirm" if experiment.baseline.data.confirm_size > 0 else "test")


def _calibrate_mode(experiment: Experiment, replicates: int | None) -> RunMode:
    from ablation.experiment.planning.run_mode import RunMode

    return RunMode("calibrate", tuple(range(replicates or 4 * experiment.replicates)), repeats=1)
