"""Export formats: every module of this folder is named after a format, which it holds as ``FORMAT``."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ablation.analysis.table.agreement import Agreement
    from ablation.analysis.table.table import Table
    from ablation.analysis.verdict.details import Details


@dataclass(frozen=True)
class ExportFormat:
    """A format in which ``report``, ``export`` and ``compare`` write, and in which MLflow keeps the table.

    Args:
        name: as on the command line; the name of its module too.
        suffix: of its files, with the dot.
        render_table: the text of a table; takes its ``Details`` too where ``shows_details``.
        render_comparison: the text of several experiments side by side; None where the format has none.
    """

    name: str
    suffix: str
    render_table: Callable[..., str]
    render_comparison: Callable[[Agreement], str] | None = None
    shows_details: bool = False

    @property
    def file_name(self) -> str:
        """The usual name of a table's file."""
        return f"table{self.suffix}"

    def render(self, table: Table, details: Details | None = None) -> str:
        """The text of a table; ``details`` of a format that shows them are None where nobody read them."""
        return self.render_table(table, details) if self.shows_details else self.render_table(table)


def deferred(path: str) -> Callable[..., str]:
    """The function ``module:name``, imported when it is called: listing the formats must not import what they need."""
    return lambda *values: pkgutil.resolve_name(path)(*values)


@functools.cache
def formats() -> Mapping[str, ExportFormat]:
    """Every format by name, in the order of their files."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return MappingProxyType({name: importlib.import_module(f"{__name__}.{name}").FORMAT for name in names})
