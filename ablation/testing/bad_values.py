"""Values that a setting must refuse, derived from its declaration."""

import typing
from collections.abc import Iterator
from typing import Annotated, Any

import annotated_types
from pydantic.fields import FieldInfo

from ablation.recipe.component import Component


def bad_values(component: type[Component]) -> Iterator[tuple[str, object]]:
    """Pairs of a setting's name and a value that it must refuse."""
    for name, field in component.model_fields.items():
        if Any not in _kinds(field):
            yield name, object()
        if not _takes_text(component, name, field):
            yield name, "nonsense"
        for value in (*_outside(field), *_not_finite(field)):
            yield name, value


def takes_any_number(field: FieldInfo) -> bool:
    """Whether a setting is a number without bounds."""
    return not field.metadata and bool({int, float} & set(_kinds(field)))


def _takes_text(component: type[Component], name: str, field: FieldInfo) -> bool:
    """Whether a setting may be any text; the name of a component of the package may not."""
    if name == component.key and component.names():
        return False
    return bool({str, Any} & set(_kinds(field)))


def _kinds(field: FieldInfo) -> tuple[Any, ...]:
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


def _not_finite(field: FieldInfo) -> Iterator[float]:
    """NaN and infinity, for settings that are numbers."""
    if field.annotation in (int, float):
        yield from (float("nan"), float("inf"))
