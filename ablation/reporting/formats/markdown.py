"""Markdown, with GitHub's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ablation.reporting.export_format import ExportFormat

if TYPE_CHECKING:
    from ablation.analysis.table.agreement import Agreement
    from ablation.analysis.table.table import Table
    from ablation.analysis.verdict.details import Details


def _table(table: Table, details: Details | None) -> str:
    from ablation.reporting.tables.markdown import markdown

    return markdown(table)


def _comparison(agreement: Agreement) -> str:
    from ablation.reporting.agreement import comparison_sheet
    from ablation.reporting.tables.markdown import markdown_sheet

    return markdown_sheet(comparison_sheet(agreement))


FORMAT = ExportFormat("markdown", ".md", _table, _comparison)
