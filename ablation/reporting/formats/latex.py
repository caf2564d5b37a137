"""LaTeX, to be read into a paper."""

from ablation.reporting.formats import ExportFormat, deferred

FORMAT = ExportFormat("latex", ".tex", deferred("ablation.reporting.tables.latex:latex"))
