"""The table as a value that shows itself: as text by ``print``, as grids in a notebook."""

from ablation.analysis.table.table import Table


class NotebookTable(Table):
    """A table that ``print`` writes as the text format, and that Jupyter displays as the report's grids."""

    def __str__(self) -> str:
        from ablation.reporting.formats import formats

        return formats()["text"].render(self).removesuffix("\n")

    def _repr_html_(self) -> str:
        from ablation.reporting.html.page import fragment

        return fragment(self)
