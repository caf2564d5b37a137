"""One HTML page of everything, pictures and what the store knows besides the table included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ablation.reporting.export_format import ExportFormat

if TYPE_CHECKING:
    from ablation.analysis.table.table import Table
    from ablation.analysis.verdict.details import Details


def _table(table: Table, details: Details | None) -> str:
    from ablation.reporting.html.page import page

    return page(table, details)


FORMAT = ExportFormat("html", ".html", _table, shows_details=True)
