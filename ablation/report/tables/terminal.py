"""A table in the terminal: colour where there is one, the same bytes everywhere else."""

from __future__ import annotations

import io
from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from ablation.judgement.footer import WARNING
from ablation.judgement.table import Table
from ablation.report.tables.cells import Grid, Tone, grids, notes

PLAIN_WIDTH = 120
"""Columns of the plain text, whatever the environment says."""

COLOURS: Mapping[Tone, str] = {"": "", "good": "green", "bad": "red", "warn": "yellow"}


def show(table: Table, console: Console | None = None) -> None:
    """Print the table: in colour and to the window's width on a terminal, else the plain text."""
    console = console or Console()
    if console.is_terminal:
        _print(table, console)
    else:
        console.file.write(plain(table))


def plain(table: Table) -> str:
    """The table as text of a fixed width without colour: the same bytes for the same table."""
    text = io.StringIO()
    _print(table, Console(file=text, width=PLAIN_WIDTH, color_system=None, force_terminal=False, force_jupyter=False))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _print(table: Table, console: Console) -> None:
    for grid in grids(table):
        console.print(Text(grid.title, style="bold"))
        console.print(_rich(grid))
    for line in notes(table):
        console.print(Text(line, style="yellow" if line.startswith(("INCOMPLETE", WARNING)) else "dim"))


def _rich(grid: Grid) -> RichTable:
    block = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for title in grid.header:
        if title in grid.words:
            block.add_column(Text(title), justify="left", overflow="fold", min_width=12)
        else:
            block.add_column(Text(title), justify="right", no_wrap=True)
    for row in grid.rows:
        block.add_row(*(Text(cell.text, style=COLOURS[cell.tone]) for cell in row))
    return block
