"""The command that looks for good settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ablation.cli.app import TUNE, app
from ablation.cli.options import Device, File, Jobs, Set, Storage, Store, Track, Uri
from ablation.cli.signals import stoppable


@app.command(rich_help_panel=TUNE)
def tune(
    file: File,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trials in all, instead of the file's.", show_default=False)
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="Start no trial of a study after this many minutes.", show_default=False)
    ] = None,
    each: Annotated[bool, typer.Option("--each", help="A study for every variant, the baseline included.")] = False,
    study: Annotated[
        str, typer.Option(help="A name that tells this study from an earlier one.", show_default=False)
    ] = "",
    status: Annotated[bool, typer.Option("--status", help="Say where the file's studies stand, and end.")] = False,
    set_: Set = [],  # noqa: B006 - typer needs a list
    device: Device = "auto",
    jobs: Jobs = None,
    store: Store = Path("mlruns"),
    storage: Storage = None,
    tracking_uri: Uri = None,
    track: Track = True,
) -> None:
    """Look for good settings of a row on validation images, in an Optuna study; several processes may share it."""
    from rich.console import Console

    from ablation import workflow
    from ablation.reporting.texts.tuning_text import patch_text, study_text

    options = workflow.Options(store, device, jobs, track, tracking_uri)
    search = workflow.Search(trials, minutes, each, study, storage)
    out = Console()
    if status:
        for state in workflow.studies(file, search, options):
            out.print(study_text(state))
        return
    with stoppable():
        searched = workflow.tune(file, set_, search, options, Console(stderr=True))
    for each_one in searched:
        out.print(study_text(each_one.state, each_one.plan))
        if each_one.best:
            out.print(patch_text(each_one.best, each_one.requires), markup=False, highlight=False, soft_wrap=True)
    if not all(each_one.state.is_over for each_one in searched):
        print("\nThe time is up before all trials are done; the same command goes on from there.", file=sys.stderr)
    ladder = workflow.ladder_after(file, set_, options, each)
    rows = "take every row's best" if each else "take it into the ladder (a rung with tuned: true)"
    print(f"\n{rows}:  {ladder.again()}", file=sys.stderr)
    if track:
        print(f"browse every trial:  {ladder.command('ui')}", file=sys.stderr)
    if not all(each_one.best for each_one in searched):
        raise SystemExit(1)
