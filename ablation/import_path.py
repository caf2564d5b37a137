"""Import paths: a user's own component as ``module:name``, looked up in the experiment file's folder first."""

import importlib
import re
import sys
from pathlib import Path
from typing import Any

from ablation.errors import UserError

PATTERN = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"
"""An import path: dotted names of a module, a colon, and a name in the module."""


def is_import_path(name: str) -> bool:
    """Whether a name has the format of an import path; the module need not exist."""
    return re.match(PATTERN, name) is not None


def look_in(folder: Path) -> None:
    """Put a folder first on the import path: its modules hide installed modules of the same names."""
    text = str(folder.absolute())
    if text not in sys.path:
        sys.path.insert(0, text)


def imported(path: str, place: str = "") -> Any:
    """The object that an import path names; ``place`` is where the user wrote it, for the error.

    Raises:
        UserError: importing the module raises any exception, or the module has no such name.
    """
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:  # the user's own module may raise anything
        raise UserError(
            f"cannot import '{path}' ({type(error).__name__}: {error})",
            place=place,
            remedy="the module is looked up in the experiment file's folder",
        ) from error
