"""LaTeX, to be read into a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ablation.reporting.export_format import ExportFormat

if TYPE_CHECKING:
    from ablation.analysis.table.table import Table
    from ablation.analysis.verdict.details import Details


def _table(table: Table, details: Details | None) -> str:
    from ablation.reporting.tables.latex import latex

    return latex(table)


FORMAT = ExportFormat("latex", ".tex", _table)
