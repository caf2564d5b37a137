"""Writing a table to a file, or in every form to a folder; each file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from ablation.analysis.table.table import Table
from ablation.errors import UserError, nearest
from ablation.reporting.tables.csv_text import as_csv
from ablation.reporting.tables.json_text import as_json
from ablation.reporting.tables.latex import latex
from ablation.reporting.tables.markdown import markdown
from ablation.reporting.tables.terminal import plain

Forms: TypeAlias = Mapping[str, tuple[str, Callable[[Table], str]]]
"""By name, a form's usual file name and what makes its text."""


def _page(table: Table) -> str:
    from ablation.reporting.html.page import page

    return page(table)


FORMATS: Forms = {
    "text": ("table.txt", plain),
    "markdown": ("table.md", markdown),
    "csv": ("table.csv", as_csv),
    "json": ("table.json", as_json),
    "latex": ("table.tex", latex),
    "html": ("table.html", _page),
}
"""Every form that a table alone can be given."""


def write_table(table: Table, path: Path, form: str, forms: Forms = FORMATS) -> Path:
    """Write the table, replacing the file in one step, and return where it lies.

    Args:
        path: a file, or an existing folder, in which it gets the form's usual name.
        form: a key of ``forms``.
        forms: in place of the usual ones, where a form is to show more than the table.

    Raises:
        UserError: the format is unknown, or the path cannot be written.
    """
    if form not in forms:
        raise UserError(f"unknown format {form!r}", place="format", remedy=nearest(form, forms))
    name, render = forms[form]
    target = path / name if path.is_dir() else path
    try:
        _replace(target, render(table))
    except OSError as error:
        raise UserError(
            f"cannot be written: {error.strerror}", place=str(target), remedy="name another file"
        ) from error
    return target


def write_all(table: Table, folder: Path, forms: Forms = FORMATS) -> tuple[Path, ...]:
    """Write every form to a folder, which is made if need be, each under its usual name.

    Raises:
        UserError: a file cannot be written; those before it are.
    """
    return tuple(write_table(table, folder / name, form, forms) for form, (name, _) in forms.items())


def _replace(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            os.fchmod(file.fileno(), 0o644)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
