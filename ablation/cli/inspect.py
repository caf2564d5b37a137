"""Commands that show the data and what a row's training does to them, and where its time goes; none of them trains."""

import re
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

import ablation
from ablation.cli.app import LOOK_PANEL, MEASURE_PANEL, app
from ablation.cli.files import save, save_json
from ablation.cli.options import Device, File, JsonOut, RungOption, Set, Store


@app.command(rich_help_panel=LOOK_PANEL)
def data(
    file: File,
    set_: Set = [],  # noqa: B006
    out: Annotated[
        Path | None, typer.Option(help="Where the contact sheet is written (png, svg, pdf); default: in the store.")
    ] = None,
    store: Store = Path("mlruns"),
) -> None:
    """Show the baseline's data: images by class, counts, normalisation, the sampler's mix, copies across splits."""
    shown = ablation.data(file, set_, ablation.Options(store))
    Console().print(shown)
    print(f"contact sheet: {save(shown.figure, out or store / f'{file.stem}-data.png')}")


@app.command(rich_help_panel=LOOK_PANEL)
def preview(
    file: File,
    rung: RungOption = None,
    set_: Set = [],  # noqa: B006
    images: Annotated[int, typer.Option(min=2, help="Training images to show.")] = 8,
    epochs: Annotated[int, typer.Option(min=1, help="Augmented versions of each.")] = 5,
    out: Annotated[Path | None, typer.Option(help="Where the sheet is written; default: in the store.")] = None,
    store: Store = Path("mlruns"),
) -> None:
    """Show what a row's augmentation and mixing, of its last phase, make of training images: before and after."""
    shown = ablation.preview(file, rung, set_, images, epochs, ablation.Options(store))
    target = out or store / f"{file.stem}-{_slug(shown.row)}-preview.png"
    print(f"contact sheet: {save(shown.figure, target)}")


@app.command("lr-find", rich_help_panel=LOOK_PANEL)
def lr_find(
    file: File,
    rung: RungOption = None,
    set_: Set = [],  # noqa: B006
    lowest: Annotated[float, typer.Option(help="Learning rate of the first step.")] = 1e-6,
    highest: Annotated[float, typer.Option(help="Learning rate of the last step.")] = 1.0,
    steps: Annotated[int, typer.Option(min=10, help="Steps from one to the other.")] = 100,
    device: Device = "auto",
    out: Annotated[Path | None, typer.Option(help="Where the figure is written; default: in the store.")] = None,
    store: Store = Path("mlruns"),
) -> None:
    """Look for a row's learning rate: raise it step by step until the loss runs away, and suggest one."""
    shown = ablation.lr_find(file, rung, set_, lowest, highest, steps, ablation.Options(store, device))
    target = out or store / f"{file.stem}-{_slug(shown.row)}-lr.png"
    print(f"figure: {save(shown.figure, target)}")
    print(shown)


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
    out: JsonOut = None,
    store: Store = Path("mlruns"),
) -> None:
    """Show where a row's training time goes, how near the device's limit it is, and what would make it faster."""
    with Console(stderr=True).status(f"timing {rung or 'the last row'}"):
        shown = ablation.profile(file, rung, set_, steps, levers, ablation.Options(store, device))
    Console().print(shown)
    if out is not None:
        print(save_json(shown.record, out))


def _slug(name: str) -> str:
    """A row's name as part of a file's."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
