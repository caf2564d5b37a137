"""What every rendering for people shows, in its order: words, grids of cells, notes."""

from dataclasses import dataclass

from ablation.analysis.table.table import Table
from ablation.reporting.tables.cells import CellGrid
from ablation.reporting.tables.grids import grids, notes
from ablation.reporting.tables.words import headline


@dataclass(frozen=True)
class Sheet:
    """Text, rounded and named, without any markup.

    Args:
        headline: lines to stand above everything else.
        notes: lines to stand below.
    """

    headline: tuple[str, ...]
    grids: tuple[CellGrid, ...]
    notes: tuple[str, ...]


def table_sheet(table: Table) -> Sheet:
    """The table's sheet."""
    return Sheet(headline(table), grids(table), notes(table))
