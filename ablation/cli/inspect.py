"""Commands that show data, augmented images and the learning rate, before anything is trained."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from ablation.cli.app import LOOK, app
from ablation.cli.files import save
from ablation.cli.options import Device, File, Rung, Set, Store


@app.command(rich_help_panel=LOOK)
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

    from ablation import workflow
    from ablation.reporting.texts.data_text import data_text

    sheet = workflow.data(file, set_, workflow.Options(store))
    Console().print(data_text(sheet))
    target = out or store / f"{file.stem}-data.png"
    save(sheet.sheet, target)
    print(f"contact sheet: {target}")


@app.command(rich_help_panel=LOOK)
def preview(
    file: File,
    rung: Rung = None,
    set_: Set = [],  # noqa: B006
    images: Annotated[int, typer.Option(min=2, help="Training images to show.")] = 8,
    epochs: Annotated[int, typer.Option(min=1, help="Augmented versions of each.")] = 5,
    out: Annotated[Path | None, typer.Option(help="Where the sheet is written; default: in the store.")] = None,
    store: Store = Path("mlruns"),
) -> None:
    """Show what a row's augmentation and mixing, of its last phase, make of training images: before and after."""
    from ablation import workflow
    from ablation.reporting.figures.preview import preview_sheet

    options = workflow.Options(store)
    name, task = workflow.row_task(file, rung, set_, options)
    seen = workflow.preview(task, images, epochs, options)
    target = out or store / f"{file.stem}-{_slug(name)}-preview.png"
    save(preview_sheet(seen.images, seen.changed, seen.labels, seen.mixed, seen.shares, title=name), target)
    print(f"contact sheet: {target}")


@app.command("lr-find", rich_help_panel=LOOK)
def lr_find(
    file: File,
    rung: Rung = None,
    set_: Set = [],  # noqa: B006
    lowest: Annotated[float, typer.Option(help="Learning rate of the first step.")] = 1e-6,
    highest: Annotated[float, typer.Option(help="Learning rate of the last step.")] = 1.0,
    steps: Annotated[int, typer.Option(min=10, help="Steps from one to the other.")] = 100,
    device: Device = "auto",
    out: Annotated[Path | None, typer.Option(help="Where the figure is written; default: in the store.")] = None,
    store: Store = Path("mlruns"),
) -> None:
    """Look for a row's learning rate: raise it step by step until the loss runs away, and suggest one."""
    from ablation import workflow
    from ablation.core.profiling.lr_finder import optimizer_patch
    from ablation.core.profiling.lr_range import suggestion
    from ablation.experiment.config.yaml_text import yaml_flow
    from ablation.reporting.figures.lr_range import lr_range_figure

    options = workflow.Options(store, device)
    name, task = workflow.row_task(file, rung, set_, options)
    curve = workflow.lr_find(task, lowest, highest, steps, options)
    found = suggestion(curve)
    target = out or store / f"{file.stem}-{_slug(name)}-lr.png"
    save(lr_range_figure(curve, found, title=name), target)
    print(f"figure: {target}")
    if found.note:
        print(found.note)
    if found.lr is not None:
        print(f"suggested for {name}:  {yaml_flow({'optimizer': optimizer_patch(found.lr, task.recipe)})}")
        if (times := task.recipe.schedule.highest) != 1:
            print(f"  under which {task.recipe.schedule.name} rises to {times:g} times as much, {found.lr:.1e}")


def _slug(name: str) -> str:
    """A row's name as part of a file's."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
