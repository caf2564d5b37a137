"""The command that says where a training's time goes."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from ablation.cli.app import MEASURE_PANEL, app
from ablation.cli.files import write_text
from ablation.cli.options import Device, File, RungOption, Set, Store


@app.command(rich_help_panel=MEASURE_PANEL)
def profile(
    file: File,
    rung: RungOption = None,
    set_: Set = [],  # noqa: B006
    steps: Annotated[int, typer.Option(min=1, help="Training steps to time.")] = 30,
    levers: Annotated[
        Literal["none", "quick", "all"],
        typer.Option(help="Time other settings too; all: those too that take about half a minute each to start."),
    ] = "quick",
    device: Device = "auto",
    out: Annotated[Path | None, typer.Option(help="Write the figures here too, as JSON.", show_default=False)] = None,
    store: Store = Path("mlruns"),
) -> None:
    """Show where a row's training time goes, how near the device's limit it is, and what would make it faster."""
    from rich.console import Console

    import ablation

    with Console(stderr=True).status(f"timing {rung or 'the last row'}"):
        shown = ablation.profile(file, rung, set_, steps, levers, ablation.Options(store, device))
    Console().print(shown)
    if out is not None:
        print(write_text(out, json.dumps(shown.record, indent=1) + "\n"))
