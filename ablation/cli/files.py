"""Write figures and JSON to files; what cannot be written is a user's mistake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablation.errors import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, path: Path) -> Path:
    """Write a figure in the format that the file's name says; returns the path.

    Raises:
        UserError: the format is unknown, or the path cannot be written.
    """
    with _writing(path):
        figure.savefig(path)
    return path


def save_json(record: Any, path: Path) -> Path:
    """Write a record as JSON; returns the path, and raises as ``save``."""
    with _writing(path):
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return path


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a suffix that matplotlib does not know
        raise UserError(f"cannot be written: {error}", place=str(path), remedy="name another file") from error
