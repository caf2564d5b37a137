"""The search space of a study: its parameters, resolved for a recipe."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Parameter:
    """One setting that is searched.

    Args:
        path: dotted, as in ``optimizer.lr``.
        own: the recipe's own value.
        low, high: bounds, both included; 0 if categorical.
        log: whether the scale is logarithmic.
        step: distance between values; None for any value.
        choices: of a categorical parameter, as the file writes them.
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
    """The parameters of a study, at least one, and notices: which settings are left out or have no effect, and why.

    A component's name comes before the settings of the component.
    """

    parameters: tuple[Parameter, ...]
    notices: tuple[str, ...]
