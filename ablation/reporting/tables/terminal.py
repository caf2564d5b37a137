"""A table in the terminal: colour where there is one, the same bytes everywhere else."""

import dataclasses
import io
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from ablation.analysis.table.table import Table
from ablation.reporting.tables.cells import CellGrid, Sheet, Tone
from ablation.reporting.tables.grids import table_sheet
from ablation.reporting.tables.words import NO_VERDICT
from ablation.reporting.texts.footer import WARNING
from ablation.reporting.texts.remedies import COMMAND

_PLAIN_WIDTH = 120
"""Columns of the plain text, whatever the environment says."""

_COLOURS: Mapping[Tone, str] = {"": "", "good": "green", "bad": "red", "warn": "yellow"}

_NAMES = 16
"""Characters to which the names of rows may be folded."""
_GAP = 2
"""Characters between two columns: the padding of one, and the box's divider."""
_LONGEST_WORD = 20
"""Characters up to which a cell of words is never broken over lines."""


def show(table: Table, console: Console | None = None) -> None:
    """Print the table: in colour and to the window's width on a terminal, else the plain text."""
    show_sheet(table_sheet(table), console)


def show_sheet(sheet: Sheet, console: Console | None = None) -> None:
    """The same of any sheet."""
    console = console or Console()
    if console.is_terminal:
        _print(sheet, console)
    else:
        console.file.write(plain_sheet(sheet))


def plain(table: Table) -> str:
    """The table as text of a fixed width without colour: the same bytes for the same table."""
    return plain_sheet(table_sheet(table))


def plain_sheet(sheet: Sheet) -> str:
    """The same of any sheet."""
    text = io.StringIO()
    _print(sheet, Console(file=text, width=_PLAIN_WIDTH, color_system=None, force_terminal=False, force_jupyter=False))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _print(sheet: Sheet, console: Console) -> None:
    for line in sheet.headline:
        _line(line, "bold yellow" if line.startswith(NO_VERDICT) else "", console)
    for grid in sheet.grids:
        console.print()
        console.print(Text(grid.title, style="bold"))
        for part in _fitting(grid, console.width):
            console.print(_rich(part))
        for line in grid.notes:
            _line(line, "dim", console)
    console.print()
    for line in sheet.notes:
        _line(line, "yellow" if line.startswith(WARNING) else "dim", console)


def _line(line: str, style: str, console: Console) -> None:
    """Print a command whole, however long it is; fold words, and indent what goes on below."""
    if line.startswith(COMMAND):
        console.print(Text(f"  {line}"), soft_wrap=True)
        return
    text = Text(line, style=style)
    if ": " in line:
        text.stylize("bold not dim", 0, line.index(": ") + 1)
    console.print(Text("\n  ").join(text.wrap(console, console.width - 2)))


def _fitting(grid: CellGrid, width: int) -> list[CellGrid]:
    """The grid, or as many of its columns at a time as fit the width, each time beside the names of the rows."""
    wide = _widths(grid)
    names = min(wide[0], _NAMES)
    parts, room = [[0]], width - names
    for place in range(1, len(wide)):
        if len(parts[-1]) > 1 and wide[place] + _GAP > room:
            parts.append([0])
            room = width - names
        parts[-1].append(place)
        room -= wide[place] + _GAP
    return [_columns(grid, part) for part in parts]


def _columns(grid: CellGrid, places: Sequence[int]) -> CellGrid:
    rows = tuple(tuple(row[place] for place in places) for row in grid.rows)
    return dataclasses.replace(grid, header=tuple(grid.header[place] for place in places), rows=rows)


def _widths(grid: CellGrid) -> list[int]:
    """Characters of the longest text in each column."""
    return [max(len(title), *(len(row[place].text) for row in grid.rows)) for place, title in enumerate(grid.header)]


def _rich(grid: CellGrid) -> RichTable:
    block = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for place, (title, longest) in enumerate(zip(grid.header, _widths(grid), strict=True)):
        if title in grid.words:
            whole = longest <= _LONGEST_WORD and place > 0
            block.add_column(Text(title), justify="left", overflow="fold", no_wrap=whole, min_width=min(longest, 12))
        else:
            block.add_column(Text(title), justify="right", no_wrap=True)
    for row in grid.rows:
        block.add_row(*(Text(cell.text, style=_COLOURS[cell.tone]) for cell in row))
    return block
