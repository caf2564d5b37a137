"""The table and the comparison as values that show themselves: as text by ``print``, the table in a notebook too."""

from ablation.analysis.table.agreement import Agreement
from ablation.analysis.table.table import Table


class NotebookTable(Table):
    """A table that ``print`` writes as the text format, and that Jupyter displays as the report's grids."""

    def __str__(self) -> str:
        from ablation.reporting.formats import formats

        return formats()["text"].render(self).removesuffix("\n")

    def _repr_html_(self) -> str:
        from ablation.reporting.html.page import fragment

        return fragment(self)


class PrintedAgreement(Agreement):
    """Several experiments side by side, which ``print`` writes as ``ablation compare`` does."""

    def __str__(self) -> str:
        from ablation.reporting.agreement import comparison_text

        return comparison_text(self).removesuffix("\n")
