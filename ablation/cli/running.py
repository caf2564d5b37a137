"""Commands that train, or say what would be trained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

import ablation
from ablation.cli.app import RUN_PANEL, app, stoppable
from ablation.cli.files import save_json
from ablation.cli.options import (
    Device,
    File,
    Jobs,
    JsonOut,
    Renew,
    Replicates,
    Set,
    Store,
    Track,
    Untuned,
    Uri,
    Without,
)
from ablation.invocation import FEWEST_TO_CONFIRM

if TYPE_CHECKING:
    from ablation.workflow.reporting import Outcome

_REASONS = 3
"""Reasons of failures that are printed at the end."""


@app.command(rich_help_panel=RUN_PANEL)
def run(
    file: File,
    set_: Set = [],  # noqa: B006 - typer needs a list
    replicates: Replicates = None,
    only: Annotated[list[str], typer.Option(help="Run only this variant, or this rung's row. Repeatable.")] = [],  # noqa: B006
    renew: Renew = False,
    untuned: Untuned = False,
    device: Device = "auto",
    jobs: Jobs = None,
    store: Store = Path("mlruns"),
    tracking_uri: Uri = None,
    track: Track = True,
) -> None:
    """Run what is missing of an experiment, record it in MLflow and print the table."""
    options = ablation.Options(store, device, jobs, track, tracking_uri)
    with stoppable():
        outcome = ablation.run(file, set_, replicates, only, options, renew=renew, untuned=untuned)
    _show(outcome)


@app.command(rich_help_panel=RUN_PANEL)
def confirm(
    file: File,
    set_: Set = [],  # noqa: B006
    replicates: Annotated[
        int, typer.Option(min=FEWEST_TO_CONFIRM, help="Number of fresh replicates.")
    ] = FEWEST_TO_CONFIRM,
    without: Without = [],  # noqa: B006
    renew: Renew = False,
    untuned: Untuned = False,
    device: Device = "auto",
    jobs: Jobs = None,
    store: Store = Path("mlruns"),
    tracking_uri: Uri = None,
    track: Track = True,
) -> None:
    """Confirm the final recipe against the baseline on fresh replicates: one comparison that nothing was chosen by."""
    options = ablation.Options(store, device, jobs, track, tracking_uri)
    with stoppable():
        outcome = ablation.confirm(file, set_, replicates, without, options, renew=renew, untuned=untuned)
    _show(outcome)


@app.command(rich_help_panel=RUN_PANEL)
def calibrate(
    file: File,
    set_: Set = [],  # noqa: B006
    replicates: Annotated[
        int | None,
        typer.Option(
            min=10, help="Replicates to run, twice an arm at least; default: four times the file's.", show_default=False
        ),
    ] = None,
    draws: Annotated[int, typer.Option(min=100, help="Comparisons drawn from them for each share.")] = 5000,
    out: JsonOut = None,
    renew: Renew = False,
    untuned: Untuned = False,
    device: Device = "auto",
    jobs: Jobs = None,
    store: Store = Path("mlruns"),
    tracking_uri: Uri = None,
    track: Track = True,
) -> None:
    """Check the table's own machinery on this data: false gains of A against A, coverage, and the numerical floor."""
    options = ablation.Options(store, device, jobs, track, tracking_uri)
    with stoppable():
        outcome = ablation.calibrate(file, set_, replicates, options, renew=renew, untuned=untuned)
    _fail_if(outcome)
    from ablation.reporting.texts.calibration_text import calibration_records, calibration_text

    calibration = outcome.calibration(draws)
    Console().print(calibration_text(calibration, outcome.plan.invocation), crop=False)
    if out is not None:
        print(save_json(calibration_records(calibration), out))


@app.command(rich_help_panel=RUN_PANEL)
def plan(
    file: File,
    set_: Set = [],  # noqa: B006
    replicates: Replicates = None,
    untuned: Untuned = False,
    device: Device = "auto",
    jobs: Jobs = None,
    store: Store = Path("mlruns"),
) -> None:
    """Show what each rung changes, what is trained already, and how long the rest will take."""
    planned = ablation.plan(file, set_, replicates, ablation.Options(store, device, jobs), untuned)
    Console().print(planned, crop=False)


def _show(outcome: Outcome) -> None:
    """Print the table, how to look at what was run, and why stages failed."""
    from ablation.reporting.tables.terminal import show  # late: the processes that train need not wait for it

    show(outcome.table())
    invocation = outcome.plan.invocation
    browse = f"browse every run:  {invocation.command('ui')}\n" if invocation.track else ""
    print(f"\n{browse}this table again:  {invocation.command('report')}", file=sys.stderr)
    _fail_if(outcome)


def _fail_if(outcome: Outcome) -> None:
    """End with 1, and say why, if a stage failed."""
    if not outcome.failures:
        return
    reasons = [reason.strip().splitlines()[-1] for reason in outcome.failures.values() if reason.strip()]
    print(f"failed stages: {len(outcome.failures)}", file=sys.stderr)
    for reason in list(dict.fromkeys(reasons))[:_REASONS]:
        print(f"  {reason}", file=sys.stderr)
    if outcome.plan.purpose == "ladder":
        print(f"each run's reason:  {outcome.plan.invocation.command('status')}", file=sys.stderr)
    raise SystemExit(1)
