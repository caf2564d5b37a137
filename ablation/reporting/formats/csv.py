"""CSV: one tidy record a line, for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ablation.reporting.export_format import ExportFormat

if TYPE_CHECKING:
    from ablation.analysis.table.agreement import Agreement
    from ablation.analysis.table.table import Table
    from ablation.analysis.verdict.details import Details


def _table(table: Table, details: Details | None) -> str:
    from ablation.reporting.tables.records import as_csv

    return as_csv(table)


def _comparison(agreement: Agreement) -> str:
    from ablation.reporting.agreement import comparison_records
    from ablation.reporting.tables.records import csv_lines

    return csv_lines(comparison_records(agreement))


FORMAT = ExportFormat("csv", ".csv", _table, _comparison)
