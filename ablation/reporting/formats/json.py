"""JSON: one document with everything that any other format says, for machines."""

from ablation.reporting.formats import ExportFormat, deferred

FORMAT = ExportFormat(
    "json",
    ".json",
    deferred("ablation.reporting.tables.json_text:as_json"),
    deferred("ablation.reporting.agreement:comparison_json"),
)
