"""The command that looks for good settings."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import ablation
from ablation.cli.app import TUNE_PANEL, app, stoppable
from ablation.cli.options import Device, File, Jobs, Set, Storage, Store, Track, Uri


@app.command(rich_help_panel=TUNE_PANEL)
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
    from ablation.reporting.texts.tuning_text import patch_text, study_text
    from ablation.workflow.tuning import ladder_after, study_states

    options = ablation.Options(store, device, jobs, track, tracking_uri)
    search = ablation.Search(trials, minutes, each, study, storage)
    out = Console()
    if status:
        for state in study_states(file, search, options):
            out.print(study_text(state))
        return
    with stoppable():
        searched = ablation.tune(file, set_, search, options)
    for one in searched:
        out.print(study_text(one.state, one.plan))
        if one.best:
            out.print(patch_text(one.best, one.requires), markup=False, highlight=False, soft_wrap=True)
    if not all(one.state.is_over for one in searched):
        print("\nThe time is up before all trials are done; the same command goes on from there.", file=sys.stderr)
    ladder = ladder_after(file, set_, options, each)
    rows = "take every row's best" if each else "take it into the ladder (a rung with tuned: true)"
    print(f"\n{rows}:  {ladder.again()}", file=sys.stderr)
    if track:
        print(f"browse every trial:  {ladder.command('ui')}", file=sys.stderr)
    if not all(one.best for one in searched):
        raise SystemExit(1)
