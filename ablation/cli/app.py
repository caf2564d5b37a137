"""The command line's root."""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Which of the improvements you were promised really help, by how much, how surely and at what cost.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
