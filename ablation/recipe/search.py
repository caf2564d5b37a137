"""How a study usually searches a component's own settings: plain values, independent of any study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeAlias


@dataclass(frozen=True)
class UsualRange:
    """The usual range of a setting that takes numbers.

    Args:
        low, high: smallest and largest value, ``low < high``; the component's own value lies between them.
        log: whether it is searched on a logarithmic scale; ``low`` is then above 0.
    """

    low: float
    high: float
    log: bool = False

    @classmethod
    def around(cls, value: float, factor: float = 10.0) -> Self:
        """From ``value / factor`` to ``value * factor``, on a logarithmic scale; ``value`` is above 0."""
        return cls(_short(value / factor), _short(value * factor), log=True)


@dataclass(frozen=True)
class UsualChoices:
    """The usual values of a setting, two or more, the component's own among them."""

    choices: tuple[Any, ...]


@dataclass(frozen=True)
class NotSearched:
    """A setting that is usually searched, but not with the component's present values.

    Args:
        reason: goes on after "is left out: ".
    """

    reason: str


UsualSpace: TypeAlias = Mapping[str, UsualRange | UsualChoices | NotSearched]
"""Usual ranges and choices by the name of a component's own setting."""


def _short(number: float) -> float:
    """Rounded to remove the error of the division."""
    return float(f"{number:.6g}")
