"""The table in a notebook: the last value of a cell shows itself."""

from __future__ import annotations

from ablation.analysis.table.table import Table


class NotebookTable(Table):
    """A table that Jupyter and its like display as the report's grids."""

    def _repr_html_(self) -> str:
        from ablation.reporting.html.page import fragment

        return fragment(self)
