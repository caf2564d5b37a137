"""Command lines as the product prints them: found in a text, and read as the command line itself would read them."""

from __future__ import annotations

import re
import shlex
from typing import Any

import typer.main

from ablation.cli import app
from ablation.invocation import TAKEN

PRINTED = re.compile(rf"\bablation (?:{'|'.join(TAKEN)})\b.*")
"""A command to the end of its line."""
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def printed(text: str) -> list[str]:
    """Every command in a text that is there to be copied."""
    return [found.group().strip() for found in PRINTED.finditer(text)]


def options_of(command: str) -> set[str]:
    """The options that a command has, on and off."""
    return {name for each in COMMANDS[command].params for name in (*each.opts, *each.secondary_opts)}


def parsed(line: str) -> tuple[str, dict[str, Any]]:
    """The command of a line and its parameters by name; a mistake is an error, as it is at the prompt."""
    program, name, *arguments = shlex.split(line)
    assert program == "ablation", line
    command = COMMANDS[name]
    if name == "bench":
        name, *arguments = arguments
        command = command.commands[name]
    return name, command.make_context(name, list(arguments)).params
