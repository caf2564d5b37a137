"""The command line's root, and the groups that its help shows the commands in."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

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
        import ablation

        print(ablation.__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""
