"""The command line's root: the groups of its help, and how a mistake or a stop ends a command."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import ablation
from ablation.errors import UserError

RUN_PANEL, READ_PANEL, LOOK_PANEL, TUNE_PANEL, MEASURE_PANEL = "Run", "Read", "Look", "Tune", "Measure"
PANELS = (RUN_PANEL, READ_PANEL, LOOK_PANEL, TUNE_PANEL, MEASURE_PANEL)
"""Panels of the help, in their order; each command names its own."""


class Grouped(TyperGroup):
    """The commands in the order of their groups."""

    def list_commands(self, ctx: Any) -> list[str]:
        panels = {name: getattr(command, "rich_help_panel", "") for name, command in self.commands.items()}
        return sorted(super().list_commands(ctx), key=lambda name: PANELS.index(panels[name]))


app = typer.Typer(
    cls=Grouped,
    help="Which of the improvements you were promised really help, by how much, how surely and at what cost.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(show: bool) -> None:
    if show:
        print(ablation.__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """The console command; a user's mistake is one message and exit code 2."""
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


@contextmanager
def stoppable() -> Iterator[None]:
    """A block that Ctrl-C or the system may stop, with one message and exit code 130; running it again goes on."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        print("\nStopped; what is trained is kept. The same command goes on from there.", file=sys.stderr)
        raise SystemExit(130) from None


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
