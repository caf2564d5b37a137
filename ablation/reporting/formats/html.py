"""One HTML page of everything, with pictures and what the store knows besides the table."""

from ablation.reporting.formats import ExportFormat, deferred

FORMAT = ExportFormat("html", ".html", deferred("ablation.reporting.html.page:page"), shows_details=True)
