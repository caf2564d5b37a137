"""Columns of tables: checks of their names and values, and codes of their texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ablation.errors import UserError


def check_column(name: str, columns: Iterable[str], place: str) -> None:
    """Check that the column exists.

    Raises:
        UserError: it does not; the message lists the existing columns.
    """
    if name not in (known := list(columns)):
        raise UserError(f"no column {name!r}", place=place, remedy=f"columns: {', '.join(known)}")


def check_filled(values: Sequence[object], place: str) -> None:
    """Check that no value is None or the empty string.

    Raises:
        UserError: some rows have no value; the message has their number and the first of them.
    """
    missing = [row for row, value in enumerate(values) if value is None or value == ""]
    if missing:
        raise UserError(
            f"{len(missing)} of {len(values)} rows have no value, the first is row {missing[0] + 1}",
            place=place,
            remedy="fill them in or take the rows out",
        )


def encoded(values: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Codes, shape (n,), and their sorted names."""
    names, codes = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    return codes.astype(np.int64), tuple(str(name) for name in names)
