"""How a component is named in an experiment file, and what its file says of it."""

from __future__ import annotations

import inspect
import sys
from typing import TypeVar

from ablation.recipe.component import Component

_C = TypeVar("_C", bound=Component)

CARD = ("Changes", "Helps", "Collides", "Cost", "Asked by", "Source")
"""The parts of a card, in their order."""
_INDENT = 12


def name_of(component: type[Component]) -> str:
    """The name in an experiment file: its own, or the import path of one outside the package."""
    field = component.model_fields[component.key]
    if field.is_required():
        return f"{component.__module__}:{component.__qualname__}"
    return str(field.get_default(call_default_factory=True))


def by_default(component: type[_C]) -> _C:
    """The component with the defaults of all settings but its name."""
    return component.model_validate({component.key: name_of(component)})


def card_of(component: type[Component]) -> list[str]:
    """The lines of a component's card: its class's docstring where that has one, else its module's."""
    own = inspect.cleandoc(component.__doc__ or "").splitlines()
    if parts_of(own):
        return own
    return inspect.cleandoc(sys.modules[component.__module__].__doc__ or "").splitlines()


def parts_of(card: list[str]) -> dict[str, str]:
    """What a card says under each of its parts, as far as it stands on the first line."""
    return {line[:_INDENT].strip(): line[_INDENT:].strip() for line in card if line[:_INDENT].strip() in CARD}
