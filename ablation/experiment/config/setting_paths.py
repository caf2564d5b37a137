"""Settings by dotted path, such as ``model.head.dropout``: list them, look one up in a recipe, change some."""

import functools
from collections.abc import Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError

from ablation.experiment.config.validation_errors import as_setting_error
from ablation.recipe.component import Component, choices, families
from ablation.recipe.merge import merged
from ablation.recipe.phases import nested
from ablation.recipe.recipe import Recipe
from ablation.recipe.settings import Settings

_Values = Mapping[str, Any]
"""Values by dotted setting, as an experiment file has them."""


def has_setting(recipe: Recipe, path: str) -> bool:
    """Whether the recipe, with the components that it has, has this setting."""
    return holder(recipe, path) is not None


def holder(recipe: Recipe, path: str) -> Settings | None:
    """The part of a recipe that has a setting; None where the recipe has no such part, or another component there."""
    *above, last = path.split(".")
    node: Any = recipe
    for key in above:
        node = getattr(node, key) if isinstance(node, Settings) and key in type(node).model_fields else None
    return node if isinstance(node, Settings) and last in type(node).model_fields else None


def with_values(recipe: Recipe, values: _Values) -> Recipe:
    """The recipe with some settings changed.

    Raises:
        UserError: the result is not a valid recipe; the place is the first invalid setting.
    """
    settings = merged(recipe.model_dump(), patch_of(values))
    try:
        return Recipe.model_validate(settings)
    except ValidationError as error:
        raise as_setting_error(error, settings) from error


def patch_of(values: _Values) -> dict[str, Any]:
    """The patch that sets these values, components before their settings.

    A component is a mapping with its name, so that a recipe that has the component keeps its other settings.
    """
    patch: dict[str, Any] = {}
    for path in parts_first(values):
        patch = merged(patch, nested(path, _written(path, values[path])))
    return patch


def _written(path: str, value: Any) -> Any:
    """A value as patches merge it, components by name as mappings."""
    if isinstance(value, str) and (key := component_key(path)):
        return {key: value}
    if isinstance(value, Mapping) and is_part(path):
        return {name: _written(f"{path}.{name}", each) for name, each in value.items()}
    return value


def parts_first(paths: Iterable[str]) -> list[str]:
    """The paths in their order, but sections, heads and names of components, which hold other settings, first."""
    return sorted(paths, key=lambda path: (0, path.count(".")) if is_part(path) else (1, 0))


def part_of(path: str) -> str:
    """The part that a path names: ``loss`` for ``loss.name``; the path itself for others."""
    above, _, last = path.rpartition(".")
    return above if above and component_key(above) == last else path


def is_part(path: str) -> bool:
    """Whether this setting holds or decides others: a section, a head, or the name of a component."""
    return part_of(path) != path or any(_inside(each) for each in _annotations(path))


def component_key(path: str) -> str | None:
    """``name`` or ``source``, the setting that names the component at this path; None where the path holds none."""
    classes = (each for annotation in _annotations(path) for each in _inside(annotation))
    return next((each.key for each in classes if issubclass(each, Component)), None)


@functools.cache
def declared_settings() -> Mapping[str, tuple[type[Settings], ...]]:
    """Every setting of some recipe by dotted path, with the classes that have it; without the user's own components."""
    owners_by_path: dict[str, list[type[Settings]]] = {}
    for path, owner in _walked(Recipe, ""):
        owners_by_path.setdefault(path, []).append(owner)
    return {path: tuple(dict.fromkeys(owners)) for path, owners in owners_by_path.items()}


def _walked(owner: type[Settings], prefix: str) -> Iterator[tuple[str, type[Settings]]]:
    for name, field in owner.model_fields.items():
        yield f"{prefix}{name}", owner
        for inner in _inside(field.annotation):
            yield from _walked(inner, f"{prefix}{name}.")


def _annotations(path: str) -> Iterator[Any]:
    last = path.rpartition(".")[2]
    return (owner.model_fields[last].annotation for owner in declared_settings().get(path, ()))


def _inside(annotation: Any) -> tuple[type[Settings], ...]:
    """The settings classes that may stand in a setting's place; not those in a list or a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, Component):
        return tuple(dict.fromkeys((*choices(annotation).values(), *families(annotation).values())))
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return (annotation,)
    return tuple(each for part in alternatives(annotation) for each in _inside(part))


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The branches of a union, the type under an ``Annotated``; none of anything else."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return get_args(annotation)[:1]
    return get_args(annotation) if origin in (Union, UnionType) else ()
