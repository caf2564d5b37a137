"""The commands that measure how fast this is, beside others; each writes its figures down."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ablation.cli.app import app
from ablation.cli.options import Device, Jobs, Set

if TYPE_CHECKING:
    from ablation.bench.sheets import Record

bench = typer.Typer(help="Measure how fast this is, beside others.", no_args_is_help=True)
app.add_typer(bench, name="bench")

MaybeFile = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="Experiment file (YAML); default: one that comes along.")
]
Out = Annotated[Path, typer.Option(help="Folder for the figures, as Markdown and JSON.")]
FOLDER = Path("mlruns/bench")


@bench.command()
def trainer(
    file: MaybeFile = None,
    rung: Annotated[str, typer.Option(help="Row of the ladder: a rung's name, or baseline.")] = "baseline",
    runs: Annotated[int, typer.Option(min=1, help="Rounds; every contestant trains once in each.")] = 5,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of each, instead of the recipe's.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs, instead of the recipe's.")] = None,
    peer: Annotated[
        list[str], typer.Option(help="plain, lightning, accelerate, fastai or skorch; default: all. Repeatable.")
    ] = [],  # noqa: B006 - typer needs a list
    set_: Set = [],  # noqa: B006
    device: Device = "auto",
    out: Out = FOLDER,
) -> None:
    """Compare one training with a plain torch loop (on our network, too), Lightning, accelerate, fastai and skorch."""
    from ablation.bench import commands

    record = commands.trainer(file or commands.DEFAULT, rung, set_, device, runs, threads, epochs, peer, _told)
    _show(record, "trainer", out)


@bench.command()
def ladder(
    file: MaybeFile = None,
    replicates: Annotated[int | None, typer.Option(min=1, help="Replicates, instead of the file's.")] = None,
    sample: Annotated[int, typer.Option(min=1, help="Scripts of each recipe that are really run.")] = 1,
    runs: Annotated[int, typer.Option(min=1, help="Times that ablation run is timed.")] = 1,
    peer: Annotated[str | None, typer.Option(help="Whose scripts; default: the plain loop's.")] = None,
    set_: Set = [],  # noqa: B006
    device: Device = "auto",
    out: Out = FOLDER,
) -> None:
    """Compare a whole ladder with the same recipes as scripts, one after another and several at a time."""
    from ablation.bench import commands

    record = commands.ladder(file or commands.DEFAULT, set_, device, replicates, sample, runs, peer, _told)
    _show(record, "ladder", out)


@bench.command()
def overhead(
    file: MaybeFile = None,
    replicates: Annotated[str, typer.Option(metavar="N,N,...", help="Sizes, two at least.")] = "1,2,4,8",
    runs: Annotated[int, typer.Option(min=1, help="Times that each size is run, tracked and not.")] = 1,
    set_: Set = [],  # noqa: B006
    device: Device = "auto",
    jobs: Jobs = None,
    out: Out = FOLDER,
) -> None:
    """Fit wall = a + b x trainings: start-up, what a training adds, and the shares of tracking and the report."""
    from ablation.bench import commands

    sizes = commands.sizes_of(replicates)
    record = commands.overhead(file or commands.DEFAULT, set_, device, jobs, sizes, runs, _told)
    _show(record, "overhead", out)


def _told(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _show(record: Record, kind: str, out: Path) -> None:
    from ablation.bench.sheets import sheet_of
    from ablation.bench.writing import write
    from ablation.report.tables.terminal import show_sheet

    show_sheet(sheet_of(record))
    print("written:", *write(record, kind, out), file=sys.stderr)
