"""A table as Markdown (GitHub's tables), every name escaped."""

import re
from collections.abc import Iterable

from ablation.analysis.table.table import Table
from ablation.reporting.tables.cells import CellGrid, Sheet
from ablation.reporting.tables.grids import table_sheet

_SPECIAL = re.compile(r"([\\`*_{}<>|$~#&]|\](?=[(\[:]))")
"""Brackets only where they would make a link, so that intervals stay readable in the source."""
_BULLET = re.compile(r"^(\d*)([-+.)])(?=\s)")
"""What would begin a list of its own inside a line of a list."""


def markdown(table: Table) -> str:
    """The verdict in words, the grids under headings, then the footer as a list."""
    return markdown_sheet(table_sheet(table))


def markdown_sheet(sheet: Sheet) -> str:
    """The same of any sheet."""
    parts = [listed(sheet.headline), *map(_grid, sheet.grids), listed(sheet.notes)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _grid(grid: CellGrid) -> str:
    rule = (":---" if title in grid.words else "---:" for title in grid.header)
    body = [_line(literal(cell.text) for cell in row) for row in grid.rows]
    block = "\n".join([f"### {literal(grid.title)}", "", _line(map(literal, grid.header)), _line(rule), *body])
    return f"{block}\n\n{listed(grid.notes)}" if grid.notes else block


def listed(lines: Iterable[str]) -> str:
    """A list, a line an item, each literal and none the beginning of a list of its own."""
    return "\n".join("- " + _BULLET.sub(r"\1\\\2", literal(line)) for line in lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def literal(text: str) -> str:
    """The text with what Markdown, HTML or mathematics in Markdown would act on made literal."""
    return _SPECIAL.sub(r"\\\1", text)
