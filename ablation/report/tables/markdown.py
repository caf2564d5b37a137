"""A table as Markdown (GitHub's tables), every name escaped."""

from __future__ import annotations

import re

from ablation.judgement.table import Table
from ablation.report.tables.cells import Grid, grids, notes

_SPECIAL = re.compile(r"([\\`*_{}<>|$~#&]|\](?=[(\[:]))")
"""Brackets only where they would make a link, so that intervals stay readable in the source."""


def markdown(table: Table) -> str:
    """The grids under headings, then what is incomplete and the footer as a list."""
    blocks = [_grid(grid) for grid in grids(table)]
    lines = "\n".join(f"- {_escaped(line)}" for line in notes(table))
    return "\n\n".join([*blocks, lines]) + "\n"


def _grid(grid: Grid) -> str:
    rule = (":---" if title in grid.words else "---:" for title in grid.header)
    rows = [grid.header, *(tuple(cell.text for cell in row) for row in grid.rows)]
    header, *body = [_line(tuple(map(_escaped, row))) for row in rows]
    return "\n".join([f"### {_escaped(grid.title)}", "", header, _line(tuple(rule)), *body])


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    """The text with what Markdown, HTML or mathematics in Markdown would act on made literal."""
    return _SPECIAL.sub(r"\\\1", text)
