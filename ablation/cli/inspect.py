"""Commands that show data, augmented images and the learning rate, before anything is trained."""

import re
from pathlib import Path
from typing import Annotated

import typer

from ablation.cli.app import LOOK_PANEL, app
from ablation.cli.files import save
from ablation.cli.options import Device, File, RungOption, Set, Store


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
    from rich.console import Console

    import ablation

    shown = ablation.data(file, set_, ablation.Options(store))
    Console().print(shown)
    target = out or store / f"{file.stem}-data.png"
    save(shown.figure, target)
    print(f"contact sheet: {target}")


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
    import ablation

    shown = ablation.preview(file, rung, set_, images, epochs, ablation.Options(store))
    target = out or store / f"{file.stem}-{_slug(shown.row)}-preview.png"
    save(shown.figure, target)
    print(f"contact sheet: {target}")


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
    import ablation

    shown = ablation.lr_find(file, rung, set_, lowest, highest, steps, ablation.Options(store, device))
    target = out or store / f"{file.stem}-{_slug(shown.row)}-lr.png"
    save(shown.figure, target)
    print(f"figure: {target}")
    print(shown)


def _slug(name: str) -> str:
    """A row's name as part of a file's."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
