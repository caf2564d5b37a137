"""Canonical numbers for machines: the same bytes in whatever order replicates were summed."""

import math
from typing import TypeAlias

from ablation.reporting.tables.cells import settled

FlatRecord: TypeAlias = dict[str, str | int | float | bool | None]
"""A flat row of a table for machines, by column."""

_SIGNIFICANT = 10
"""Digits that are kept of costs, which come in any size."""


def number(value: float) -> float | None:
    """A score, gain or p-value with nine decimals; None where there is none, as for an infinite bound."""
    return settled(value) if math.isfinite(value) else None


def amount(value: float) -> float | None:
    """A cost with ten significant digits; None where it was not measured."""
    return float(f"{value:.{_SIGNIFICANT}g}") if math.isfinite(value) else None
