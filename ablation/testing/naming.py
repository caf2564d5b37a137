"""The name of a component in an experiment file, and its card."""

import inspect
import sys
from typing import TypeVar

from ablation.recipe.component import Component

_C = TypeVar("_C", bound=Component)

CARD = ("Changes", "Helps", "Collides", "Cost", "Asked by", "Source")
"""The parts of a card, in order."""
_INDENT = 12


def name_of(component: type[Component]) -> str:
    """The name in an experiment file: the component's own, or an import path for one outside of the package."""
    field = component.model_fields[component.key]
    if field.is_required():
        return f"{component.__module__}:{component.__qualname__}"
    return str(field.get_default(call_default_factory=True))


def by_default(component: type[_C]) -> _C:
    """The settings with every default, under the component's name."""
    return component.model_validate({component.key: name_of(component)})


def card_of(component: type[Component]) -> list[str]:
    """The lines of a component's card: the docstring of its class if it has the parts of a card, else of its module."""
    own = inspect.cleandoc(component.__doc__ or "").splitlines()
    if parts_of(own):
        return own
    return inspect.cleandoc(sys.modules[component.__module__].__doc__ or "").splitlines()


def parts_of(card: list[str]) -> dict[str, str]:
    """The first line of each part of a card."""
    return {line[:_INDENT].strip(): line[_INDENT:].strip() for line in card if line[:_INDENT].strip() in CARD}
