"""A table as CSV: tidy, canonical numbers, an empty field where there is none.

Names are written as they are, quoted as RFC 4180 asks, so that they can be matched; a spreadsheet may take one that
starts with ``=`` for a formula.
"""

import csv
import io
from collections.abc import Sequence

from ablation.analysis.table.table import Table
from ablation.reporting.tables.canonical import FlatRecord
from ablation.reporting.tables.records import records


def as_csv(table: Table) -> str:
    """The table's records."""
    return csv_lines(records(table))


def csv_lines(rows: Sequence[FlatRecord]) -> str:
    """A header line, then one line a record."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
