"""Writing a table to a file, whole or not at all."""

import os
import tempfile
from pathlib import Path

from ablation.analysis.table.table import Table
from ablation.analysis.verdict.details import Details
from ablation.errors import UserError
from ablation.reporting.formats import ExportFormat


def write_table(table: Table, path: Path, format: ExportFormat, details: Details | None = None) -> Path:
    """Write the table, replacing the file in one step, and return where it lies.

    Args:
        path: a file, or an existing folder, in which it gets the format's usual name.
        details: what the store knows besides the table, for a format that shows it.

    Raises:
        UserError: the path cannot be written.
    """
    target = path / format.file_name if path.is_dir() else path
    try:
        _replace(target, format.render(table, details))
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
