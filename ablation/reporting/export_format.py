"""What a format is: how a table, and perhaps a comparison of experiments, becomes the text of a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ablation.analysis.table.agreement import Agreement
    from ablation.analysis.table.table import Table
    from ablation.analysis.verdict.details import Details


@dataclass(frozen=True)
class ExportFormat:
    """A format in which ``report``, ``export`` and ``compare`` write, and in which MLflow keeps the table.

    Args:
        name: as the command line has it; the name of its module too.
        suffix: of its files, with the dot.
        render: the text of a table; ``details`` are what the store knows besides, None where nobody looked.
        render_comparison: the text of several experiments side by side; None where the format has none.
        shows_details: whether ``render`` makes use of ``details``.
    """

    name: str
    suffix: str
    render: Callable[[Table, Details | None], str]
    render_comparison: Callable[[Agreement], str] | None = None
    shows_details: bool = False

    @property
    def file_name(self) -> str:
        """The usual name of a table's file."""
        return f"table{self.suffix}"
