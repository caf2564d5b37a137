"""What a component says of the search for good values of its own settings: plain values, nothing of a study in them."""

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
    """A setting that is usually searched, but not as the component has it.

    Args:
        reason: goes on after "is left out: ".
    """

    reason: str


UsualSpace: TypeAlias = Mapping[str, UsualRange | UsualChoices | NotSearched]
"""By the name of a component's own setting."""


def _short(number: float) -> float:
    """Without the last digits, which are noise of the division."""
    return float(f"{number:.6g}")
