"""Resolves the paths of a data section."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ablation.errors import UserError


def resolved(base: Path, path: str) -> Path:
    """An absolute path; a relative one starts at the experiment file's folder."""
    return (base / Path(path).expanduser()).resolve()


def existing(base: Path, path: str, place: str) -> Path:
    """The absolute path, which must exist.

    Raises:
        UserError: it does not exist.
    """
    found = resolved(base, path)
    if not found.exists():
        raise UserError(
            f"{found} does not exist", place=place, remedy="relative paths start at the experiment file's folder"
        )
    return found


def existing_folder(base: Path, path: str, place: str) -> Path:
    """The absolute path of a folder, which must exist.

    Raises:
        UserError: it does not exist, or is a file.
    """
    if not (found := existing(base, path, place)).is_dir():
        raise UserError(f"{found} is no folder", place=place, remedy="name the folder that holds the images")
    return found


def files_under(folder: Path) -> Iterator[Path]:
    """Every file below the folder, in the order of names, without hidden folders."""
    for top, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(top, name) for name in sorted(files))
