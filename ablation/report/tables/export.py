"""Writing a table to a file, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from ablation.errors import UserError, nearest
from ablation.judgement.table import Table
from ablation.report.tables.csv_text import as_csv
from ablation.report.tables.markdown import markdown
from ablation.report.tables.terminal import plain

FORMATS: Mapping[str, tuple[str, Callable[[Table], str]]] = {
    "text": ("table.txt", plain),
    "markdown": ("table.md", markdown),
    "csv": ("table.csv", as_csv),
}
"""Each format's usual file name and what makes its text."""


def write_table(table: Table, path: Path, form: str) -> Path:
    """Write the table, replacing the file in one step, and return where it lies.

    Args:
        path: a file, or an existing folder, in which it gets the format's usual name.
        form: ``text``, ``markdown`` or ``csv``.

    Raises:
        UserError: the format is unknown, or the path cannot be written.
    """
    if form not in FORMATS:
        raise UserError(f"unknown format {form!r}", place="format", remedy=nearest(form, FORMATS))
    name, render = FORMATS[form]
    target = path / name if path.is_dir() else path
    try:
        _replace(target, render(table))
    except OSError as error:
        raise UserError(
            f"cannot be written: {error.strerror}", place=str(target), remedy="name another file"
        ) from error
    return target


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
