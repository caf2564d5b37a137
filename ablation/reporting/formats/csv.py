"""CSV: one tidy record a line, for machines."""

from ablation.reporting.formats import ExportFormat, deferred

FORMAT = ExportFormat(
    "csv",
    ".csv",
    deferred("ablation.reporting.tables.records:as_csv"),
    deferred("ablation.reporting.agreement:comparison_csv"),
)
