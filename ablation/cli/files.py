"""Write figures and texts to files; what cannot be written is a user's mistake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ablation.errors import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format of the file's name.

    Raises:
        UserError: the format is unknown, or the path cannot be written.
    """
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:  # ValueError: a suffix that matplotlib does not know
        raise UserError(f"cannot be written: {error}", place=str(path), remedy="name another file") from error


def write_text(path: Path, text: str) -> Path:
    """Write a text; returns its path.

    Raises:
        UserError: the path cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot be written: {error}", place=str(path), remedy="name another file") from error
    return path
