"""A table as Markdown (GitHub's tables), every name escaped."""

from __future__ import annotations

import re

from ablation.judgement.table import Table
from ablation.report.tables.cells import Grid
from ablation.report.tables.grids import grids, notes
from ablation.report.tables.words import headline

_SPECIAL = re.compile(r"([\\`*_{}<>|$~#&]|\](?=[(\[:]))")
"""Brackets only where they would make a link, so that intervals stay readable in the source."""


def markdown(table: Table) -> str:
    """The verdict in words, the grids under headings, then the footer as a list."""
    parts = [_list(headline(table)), *(_grid(grid) for grid in grids(table)), _list(notes(table))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _grid(grid: Grid) -> str:
    rule = (":---" if title in grid.words else "---:" for title in grid.header)
    rows = [grid.header, *(tuple(cell.text for cell in row) for row in grid.rows)]
    header, *body = [_line(tuple(map(_escaped, row))) for row in rows]
    block = "\n".join([f"### {_escaped(grid.title)}", "", header, _line(tuple(rule)), *body])
    return f"{block}\n\n{_list(grid.notes)}" if grid.notes else block


def _list(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {_escaped(line)}" for line in lines)


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    """The text with what Markdown, HTML or mathematics in Markdown would act on made literal."""
    return _SPECIAL.sub(r"\\\1", text)
