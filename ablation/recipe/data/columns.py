"""What tables have in common: columns named by settings, labels and groups as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ablation.errors import UserError


def check_column(name: str, columns: Iterable[str], place: str) -> None:
    """Nothing, when the column is there.

    Raises:
        UserError: it is not; the columns that are there stand in the message.
    """
    if name not in (known := list(columns)):
        raise UserError(f"no column {name!r}", place=place, remedy=f"columns: {', '.join(known)}")


def check_filled(values: Sequence[object], place: str) -> None:
    """Nothing, when no value is None or the empty string.

    Raises:
        UserError: rows without a value; their number and the first of them stand in the message.
    """
    missing = [row for row, value in enumerate(values) if value is None or value == ""]
    if missing:
        raise UserError(
            f"{len(missing)} of {len(values)} rows have no value, the first is row {missing[0] + 1}",
            place=place,
            remedy="fill them in or take the rows out",
        )


def encoded(values: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Codes of shape (n,) and the sorted names they stand for."""
    names, codes = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    return codes.astype(np.int64), tuple(str(name) for name in names)
