"""Markdown, with GitHub's tables."""

from ablation.reporting.formats import ExportFormat, deferred

FORMAT = ExportFormat(
    "markdown",
    ".md",
    deferred("ablation.reporting.tables.markdown:markdown"),
    deferred("ablation.reporting.agreement:comparison_markdown"),
)
