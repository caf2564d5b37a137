"""The commands that measure how fast this is, beside others; each writes its figures down."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import psutil
import typer
from rich.console import Console

from ablation.cli.app import MEASURE_PANEL, app
from ablation.cli.options import Device, Jobs, Set

if TYPE_CHECKING:
    from ablation.bench.reports import BenchRecord

bench = typer.Typer(help="Measure how fast this is, beside others.", no_args_is_help=True)
app.add_typer(bench, name="bench", rich_help_panel=MEASURE_PANEL)

MaybeFile = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="Experiment file (YAML); default: one that comes along.")
]
Out = Annotated[Path, typer.Option(help="Folder for the figures, as Markdown and JSON.")]
FOLDER = Path("mlruns/bench")


@bench.command()
def trainer(
    file: MaybeFile = None,
    rung: Annotated[str, typer.Option(help="Row of the ladder: a rung's name, or baseline.")] = "baseline",
    runs: Annotated[int, typer.Option(min=1, help="Rounds; every trainer trains once in each.")] = 5,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of each, instead of the recipe's.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs, instead of the recipe's.")] = None,
    peer: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="plain, lightning, accelerate, fastai or skorch; default: all. Repeatable."),
    ] = [],  # noqa: B006 - typer needs a list
    set_: Set = [],  # noqa: B006
    device: Device = "auto",
    out: Out = FOLDER,
) -> None:
    """Compare one training with a plain torch loop (on our network, too), Lightning, accelerate, fastai and skorch."""
    from ablation.bench.command import DEFAULT, Command
    from ablation.bench.trainer import bench_trainer

    settings = {"train.threads": threads, "train.epochs": epochs}
    changes = [*set_, *(f"{name}={value}" for name, value in settings.items() if value is not None)]
    _measure("trainer", out, partial(bench_trainer, Command(file or DEFAULT, changes, device), rung, peer, runs))


@bench.command()
def ladder(
    file: MaybeFile = None,
    replicates: Annotated[int | None, typer.Option(min=1, help="Replicates, instead of the file's.")] = None,
    sample: Annotated[int, typer.Option(min=1, help="Scripts of each recipe that are really run.")] = 1,
    runs: Annotated[int, typer.Option(min=1, help="Times that ablation run is timed.")] = 1,
    peer: Annotated[str | None, typer.Option(metavar="NAME", help="Whose scripts; default: the plain loop's.")] = None,
    set_: Set = [],  # noqa: B006
    device: Device = "auto",
    out: Out = FOLDER,
) -> None:
    """Compare a whole ladder with the same recipes as scripts, one after another and several at a time."""
    from ablation.bench.command import DEFAULT, Command
    from ablation.bench.ladder import bench_ladder

    command = Command(file or DEFAULT, set_, device)
    _measure("ladder", out, partial(bench_ladder, command, replicates, sample, runs, peer))


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
    from ablation.bench.command import DEFAULT, Command
    from ablation.bench.overhead import bench_overhead, sizes_of

    command, sizes = Command(file or DEFAULT, set_, device, jobs), sizes_of(replicates)
    _measure("overhead", out, partial(bench_overhead, command, sizes, runs))


def _measure(kind: str, out: Path, measure: Callable[[Callable[[str], None]], BenchRecord]) -> None:
    """Measure, print the figures and write them down; a stop ends the measured processes and is one message."""
    from ablation.bench.reports import record_sheet, write
    from ablation.reporting.tables.terminal import show_sheet

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stopped)
    console = Console(stderr=True)
    try:
        with console.status("measuring, in processes of their own; nothing else should run meanwhile"):
            record = measure(partial(console.print, markup=False, highlight=False, soft_wrap=True))
    except KeyboardInterrupt:
        print("\nStopped; no figures were written.", file=sys.stderr)
        raise SystemExit(130) from None
    show_sheet(record_sheet(record))
    print("written:", *write(record, kind, out), file=sys.stderr)


def _stopped(number: int, frame: Any) -> None:
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    raise KeyboardInterrupt
