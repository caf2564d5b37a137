"""What a component declares: its name in an experiment file, its card, and which values its settings refuse."""

import inspect
import sys
import typing
from collections.abc import Iterator
from typing import Annotated, Any

import annotated_types
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from ablation.recipe.component import Component

CARD = ("Changes", "Helps", "Collides", "Cost", "Asked by", "Source")
"""The parts of a card, in order."""
_INDENT = 12


def name_of(component: type[Component]) -> str:
    """The name in an experiment file: the component's own, or an import path for one outside of the package."""
    field = component.model_fields[component.key]
    if field.is_required():
        return f"{component.__module__}:{component.__qualname__}"
    return str(field.get_default(call_default_factory=True))


def by_default(component: type[Component]) -> Component:
    """The settings with every default, under the component's name."""
    return component.model_validate({component.key: name_of(component)})


def card_of(component: type[Component]) -> list[str]:
    """The lines of a component's card: the docstring of its class if it has the parts of a card, else of its module."""
    own = inspect.cleandoc(component.__doc__ or "").splitlines()
    return own if parts_of(own) else inspect.cleandoc(sys.modules[component.__module__].__doc__ or "").splitlines()


def parts_of(card: list[str]) -> dict[str, str]:
    """The first line of each part of a card."""
    return {line[:_INDENT].strip(): line[_INDENT:].strip() for line in card if line[:_INDENT].strip() in CARD}


def check_card(component: type[Component]) -> None:
    """Assert that a card has its parts in their order, none of them empty."""
    parts = parts_of(card_of(component))
    assert list(parts) == list(CARD)
    assert all(parts.values()), parts


def undescribed(component: type[Component]) -> list[str]:
    """The settings without a description."""
    return [name for name, field in component.model_fields.items() if name != component.key and not field.description]


def refused_at(component: type[Component], name: str, value: object) -> set[str]:
    """The settings that a value of the setting ``name`` is refused under; none if it is accepted."""
    try:
        component.model_validate({component.key: name_of(component), name: value})
    except ValidationError as error:
        return {str(mistake["loc"][0]) if mistake["loc"] else "" for mistake in error.errors()}
    return set()


def takes_any_number(field: FieldInfo) -> bool:
    """Whether a setting is a number without bounds."""
    return not field.metadata and bool({int, float} & set(_types(field)))


def bad_values(component: type[Component]) -> Iterator[tuple[str, object]]:
    """Pairs of a setting's name and a value that it must refuse."""
    for name, field in component.model_fields.items():
        types = _types(field)
        if Any not in types:
            yield name, object()
        if not {str, Any} & set(types) or (name == component.key and component.names()):
            yield name, "nonsense"
        for value in _outside(field):
            yield name, value
        if field.annotation in (int, float):
            yield name, float("nan")
            yield name, float("inf")


def _types(field: FieldInfo) -> tuple[Any, ...]:
    """The types of a setting: one, or those of a union."""
    return (field.annotation, *typing.get_args(field.annotation))


def _outside(field: FieldInfo) -> Iterator[object]:
    """Numbers just outside of the bounds of a setting."""
    for bound in (*field.metadata, *typing.get_args(Annotated[field.annotation, None])[1:]):
        if isinstance(bound, annotated_types.Ge):
            yield bound.ge - 1  # type: ignore[operator]
        if isinstance(bound, annotated_types.Gt):
            yield bound.gt
        if isinstance(bound, annotated_types.Le):
            yield bound.le + 1  # type: ignore[operator]
        if isinstance(bound, annotated_types.Lt):
            yield bound.lt
