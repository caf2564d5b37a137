"""The command line: each command is a few lines over ``ablation.workflow``."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ablation.errors import UserError, nearest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

app = typer.Typer(
    help="Which of the improvements you were promised really help, by how much, how surely and at what cost.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="Experiment file (YAML).", show_default=False)]
Set = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="section.key=value",
        help="Change a setting of the baseline, or of a rung's patch with 'Rung name/section.key=value'. Repeatable.",
    ),
]
Replicates = Annotated[int | None, typer.Option(min=1, help="Number of replicates, instead of the file's.")]
Rung = Annotated[str | None, typer.Option(help="Row of the ladder: a rung's name, or baseline; default: the last.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
Store = Annotated[Path, typer.Option(help="Folder of the local store.")]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Trainings at once; default: one a processor on the CPU, one on CUDA.")
]
Uri = Annotated[
    str | None, typer.Option("--tracking-uri", help="MLflow's store; default: MLFLOW_TRACKING_URI, else the local one.")
]


@app.command()
def run(
    file: File,
    set_: Set = [],  # noqa: B006 - typer needs a list
    replicates: Replicates = None,
    only: Annotated[list[str], typer.Option(help="Run only this variant, or this rung's row. Repeatable.")] = [],  # noqa: B006
    device: Device = "auto",
    jobs: Jobs = None,
    store: Store = Path("mlruns"),
    tracking_uri: Uri = None,
    track: Annotated[bool, typer.Option(help="Record the runs in MLflow.")] = True,
) -> None:
    """Run what is missing of an experiment, record it in MLflow and print the table."""
    from rich.console import Console

    from ablation import workflow
    from ablation.report.tables.terminal import show

    options = workflow.Options(store, device, jobs, track, tracking_uri)
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        outcome = workflow.run(file, set_, replicates, only, options, Console(stderr=True))
    except KeyboardInterrupt:
        print("\nStopped; what is trained is kept. The same command goes on from there.", file=sys.stderr)
        raise SystemExit(130) from None
    show(workflow.table_of(outcome.plan, options.store))
    print(f"\nbrowse every run:  ablation ui   ·   this table again:  ablation report {file}", file=sys.stderr)
    if outcome.failures:
        print(f"failed stages: {len(outcome.failures)}; ablation status {file} says why", file=sys.stderr)
        raise SystemExit(1)


@app.command()
def plan(
    file: File,
    set_: Set = [],  # noqa: B006 - typer needs a list
    replicates: Replicates = None,
    device: Device = "auto",
    jobs: Jobs = None,
    store: Store = Path("mlruns"),
) -> None:
    """Show what each rung changes, what is trained already, and how long the rest will take."""
    from rich.console import Console

    from ablation import workflow
    from ablation.report.texts.plan_text import plan_text

    options = workflow.Options(store, device, jobs)
    planned = workflow.plan(file, set_, replicates, options)
    seconds = workflow.lane_seconds(planned, options)
    Console().print(plan_text(planned, options.store, seconds, workflow.jobs_of(planned, options)))


@app.command()
def status(file: File, store: Store = Path("mlruns")) -> None:
    """Show how far the latest run of a file has come."""
    from rich.console import Console

    from ablation import workflow
    from ablation.report.texts.status_text import status_text

    options = workflow.Options(store)
    Console().print(status_text(workflow.results(file, options)))


@app.command()
def report(
    file: File,
    metric: Annotated[str | None, typer.Option(help="Judge by another metric; trains nothing.")] = None,
    format: Annotated[str, typer.Option(help="terminal, text, markdown or csv.")] = "terminal",
    out: Annotated[Path | None, typer.Option(help="File or folder to write to, instead of the terminal.")] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Write the figure of cumulative gains here (png, svg, pdf).")
    ] = None,
    store: Store = Path("mlruns"),
) -> None:
    """Show the table of a file's latest run, rebuilt from the store alone."""
    from ablation import workflow
    from ablation.report.tables.export import FORMATS, write_table
    from ablation.report.tables.terminal import show

    if format not in ("terminal", *FORMATS):
        raise UserError(f"no format {format!r}", place="--format", remedy=nearest(format, ("terminal", *FORMATS)))
    table = workflow.report(file, metric, workflow.Options(store))
    if out is not None:
        print(write_table(table, out, "text" if format == "terminal" else format))
    elif format == "terminal":
        show(table)
    else:
        print(FORMATS[format][1](table), end="")
    if figure is not None:
        from ablation.report.figures.waterfall import waterfall

        _save(waterfall(table), figure)


@app.command()
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
    from ablation.report.texts.data_text import data_text

    sheet = workflow.data(file, set_, workflow.Options(store))
    Console().print(data_text(sheet))
    target = out or store / f"{file.stem}-data.png"
    _save(sheet.sheet, target)
    print(f"contact sheet: {target}")


@app.command()
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
    from ablation.report.figures.preview import preview_sheet

    options = workflow.Options(store)
    name, task = workflow.row_task(file, rung, set_, options)
    seen = workflow.preview(task, images, epochs, options)
    target = out or store / f"{file.stem}-{_slug(name)}-preview.png"
    _save(preview_sheet(seen.images, seen.changed, seen.labels, seen.mixed, seen.shares, title=name), target)
    print(f"contact sheet: {target}")


@app.command("lr-find")
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
    from ablation.core.lr_find import optimizer_patch
    from ablation.core.lr_range import suggestion
    from ablation.experiment.yaml_text import yaml_flow
    from ablation.report.figures.lr_range import lr_range_figure

    options = workflow.Options(store, device)
    name, task = workflow.row_task(file, rung, set_, options)
    curve = workflow.lr_find(task, lowest, highest, steps, options)
    found = suggestion(curve)
    target = out or store / f"{file.stem}-{_slug(name)}-lr.png"
    _save(lr_range_figure(curve, found, title=name), target)
    print(f"figure: {target}")
    if found.note:
        print(found.note)
    if found.lr is not None:
        print(f"suggested for {name}:  {yaml_flow({'optimizer': optimizer_patch(found.lr, task.recipe)})}")
        if (times := task.recipe.schedule.highest) != 1:
            print(f"  under which {task.recipe.schedule.name} rises to {times:g} times as much, {found.lr:.1e}")


@app.command()
def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 5000,
    store: Store = Path("mlruns"),
    tracking_uri: Uri = None,
) -> None:
    """Open MLflow's pages on the store."""
    from ablation.tracking.server import serve
    from ablation.tracking.store import open_store

    serve(open_store(store, tracking_uri), host, port)


@app.command()
def schema() -> None:
    """Print the JSON Schema of experiment files, for editors."""
    from ablation.experiment.schema import schema_text

    print(schema_text(), end="")


def _slug(name: str) -> str:
    """A row's name as part of a file's."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _save(figure: Figure, path: Path) -> None:
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:  # ValueError: a suffix that matplotlib does not know
        raise UserError(f"cannot be written: {error}", place=str(path), remedy="name another file") from error


def _interrupted(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """The console command; a user's mistake is one message and exit code 2."""
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
