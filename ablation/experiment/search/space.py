"""What a study searches, once a recipe has said which settings there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Parameter:
    """One setting that is searched.

    Args:
        path: dotted, as in ``optimizer.lr``.
        kind: ``float``, ``int`` or ``categorical``.
        own: the recipe's own value.
        low, high: bounds, both included; 0 where it is categorical.
        log: whether the scale is logarithmic.
        step: distance between values; None for any.
        choices: of a categorical one, as the file writes them.
    """

    path: str
    kind: Literal["float", "int", "categorical"]
    own: Any
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: float | None = None
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class SearchSpace:
    """The parameters of a study, components' names before what belongs to the component.

    Args:
        parameters: at least one.
        notices: what cannot matter here, and what can.
    """

    parameters: tuple[Parameter, ...]
    notices: tuple[str, ...]
