"""JSON: one document with everything that any other format says, for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ablation.reporting.export_format import ExportFormat

if TYPE_CHECKING:
    from ablation.analysis.table.agreement import Agreement
    from ablation.analysis.table.table import Table
    from ablation.analysis.verdict.details import Details


def _table(table: Table, details: Details | None) -> str:
    from ablation.reporting.tables.json_text import as_json

    return as_json(table)


def _comparison(agreement: Agreement) -> str:
    import json

    from ablation.reporting.agreement import comparison_document

    return json.dumps(comparison_document(agreement), indent=1) + "\n"


FORMAT = ExportFormat("json", ".json", _table, _comparison)
