"""A table as CSV: tidy, canonical numbers, an empty field where there is none.

Names are written as they are, quoted as RFC 4180 asks, so that they can be matched; a spreadsheet may take one that
starts with ``=`` for a formula.
"""

from __future__ import annotations

import csv
import io

from ablation.analysis.table.table import Table
from ablation.reporting.tables.records import records


def as_csv(table: Table) -> str:
    """A header line, then one line a record."""
    found = records(table)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(found[0]) if found else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue()
