"""Plain text of a fixed width: what the terminal shows, without colour."""

from ablation.reporting.formats import ExportFormat, deferred

FORMAT = ExportFormat(
    "text",
    ".txt",
    deferred("ablation.reporting.tables.terminal:plain"),
    deferred("ablation.reporting.agreement:comparison_text"),
)
