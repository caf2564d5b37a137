"""Tables read back from the text of a format."""

from __future__ import annotations

import csv
import io
import re

from ablation.analysis.table.table import Table
from ablation.reporting.tables.records import as_csv


def markdown_rows(text: str) -> list[list[str]]:
    """The cells of every row of every table, still escaped."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not re.match(r"\| :?--", line)]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def unescaped(text: str) -> str:
    """The text without Markdown's backslashes."""
    return re.sub(r"\\(.)", r"\1", text)


def csv_rows(table: Table) -> list[dict[str, str]]:
    """The table's CSV, a mapping from column to text a row."""
    return list(csv.DictReader(io.StringIO(as_csv(table))))
