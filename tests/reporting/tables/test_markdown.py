"""Markdown carries the cells of the grids, and every name is literal."""

from __future__ import annotations

import re

from read_back import markdown_rows, unescaped

from ablation.reporting.tables.cells import visible
from ablation.reporting.tables.grids import grids
from ablation.reporting.tables.markdown import markdown
from ablation.reporting.tables.terminal import plain


def test_markdown_and_terminal_carry_every_cell_of_the_same_grids(rich):
    text = " ".join(plain(rich).split())
    cells = [row for grid in grids(rich) for row in (grid.header, *([c.text for c in r] for r in grid.rows))]
    assert [[unescaped(cell) for cell in row] for row in markdown_rows(markdown(rich))] == [list(row) for row in cells]
    for row in cells:
        assert all(" ".join(cell.split()) in text for cell in row)


def test_markdown_makes_hostile_names_literal(hostile_table):
    text = markdown(hostile_table)
    names = [unescaped(row[0]) for row in markdown_rows(text) if row[0].startswith("+ ")]
    assert names[: len(hostile_table.rows) - 1] == [visible(row.name) for row in hostile_table.rows[1:]]
    assert not re.search(r"(?<!\\)<|(?<!\\)\$|(?<!\\)\]\(|(?<!\\)\*|(?<!\\)`", text)
    assert not re.search(r"^- \d+[.)] ", text, re.MULTILINE)
    headings = [line for line in text.splitlines() if line.startswith("### ")]
    assert len(headings) == len(grids(hostile_table))
