"""One case for each setting of a recipe and each choice of a section, made from their declarations."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ablation.recipe.component import Component, choices
from ablation.recipe.merge import merged
from ablation.recipe.model.backbones.timm import TimmClassifier
from ablation.recipe.model.backbones.torchvision import TorchvisionClassifier
from ablation.recipe.recipe import Recipe

Patch = Mapping[str, Any]

LARGE = (TorchvisionClassifier, TimmClassifier)
"""Families of networks, too large to train here; the contract suite builds and trains them."""


@dataclass(frozen=True, eq=False)
class Case:
    """A setting at a value that is not its default.

    Args:
        name: the dotted setting; ``section=choice`` for a choice, ``section[choice].setting`` for a component's own.
        context: a partial recipe under which the setting matters.
        patch: a partial recipe that changes the setting alone.
    """

    name: str
    context: Patch
    patch: Patch


@dataclass(frozen=True)
class SectionPlace:
    """Where a section stands; ``many``: its value is a list of choices."""

    keys: Keys
    base: type[Component]
    many: bool

    def chosen(self, choice: str, **settings: object) -> dict[str, Any]:
        """The partial recipe that chooses a component."""
        component = {self.base.key: choice, **settings}
        return nested(self.keys, [component] if self.many else component)

    @property
    def components(self) -> dict[str, type[Component]]:
        return {name: kind for name, kind in choices(self.base).items() if kind not in LARGE}


Keys = tuple[str, ...]

MAPPED: Mapping[Keys, str] = {("phases",): "later", ("phases", "later", "ramp"): "loss.label_smoothing"}
"""Mappings from names to settings, and the name that is tried in each."""


def nested(keys: Keys, value: object) -> dict[str, Any]:
    """``{"a": {"b": value}}`` of ``("a", "b")``."""
    for key in reversed(keys):
        value = {key: value}
    return typing.cast("dict[str, Any]", value)


class Generator:
    """Makes the cases.

    Args:
        values: by the name of the case, where no value can be made from the declaration.
        contexts: by the name of a case, or by what it begins with; ``section[*].setting`` is of every choice.
        needed: by ``section=choice``, the settings that the choice does not work without. A source of data that is not
            here is not tried, since it needs files.
    """

    def __init__(
        self, values: Mapping[str, object], contexts: Mapping[str, Patch], needed: Mapping[str, Patch]
    ) -> None:
        self._values, self._contexts, self._needed = values, contexts, needed

    def cases(self) -> Iterator[Case]:
        """Every case; raises ``LookupError`` where no value of a setting can be made and none is given."""
        yield from self._settings(Recipe, ())

    def _settings(self, settings: type[BaseModel], above: Keys) -> Iterator[Case]:
        for name, declared in settings.model_fields.items():
            keys = (*above, name)
            if section := section_at(keys, declared):
                yield from self._section(section)
            elif inner := models(declared.annotation):
                for kind in inner:
                    yield from self._settings(kind, (*keys, MAPPED[keys]) if keys in MAPPED else keys)
            else:
                path = ".".join(keys)
                yield self._case(path, nested(keys, self._value(path, settings, name)))

    def _section(self, section: SectionPlace) -> Iterator[Case]:
        path = ".".join(section.keys)
        shared = set(section.base.model_fields) if path == "data" else set()  # all sources have them: digits tries them
        for choice, component in section.components.items():
            if path == "data" and f"{path}={choice}" not in self._needed:
                continue
            needed = dict(self._needed.get(f"{path}={choice}", {}))
            yield self._case(f"{path}={choice}", section.chosen(choice, **needed))
            for name, declared in component.model_fields.items():
                own = f"{path}[{choice}].{name}"
                if name == section.base.key or (name in shared and choice != "digits"):
                    continue
                if inner := models(declared.annotation):
                    for kind in inner:
                        yield from self._settings(kind, (*section.keys, name))
                else:
                    patch = section.chosen(choice, **{name: self._value(own, component, name)})
                    yield self._case(own, patch, section.chosen(choice, **needed))

    def _case(self, name: str, patch: Patch, chosen: Patch | None = None) -> Case:
        above = [each for each in self._contexts if any(is_under(own, each) for own in spellings(name))]
        context = self._contexts[max(above, key=len)] if above else {}
        return Case(name, merged(chosen or {}, context), patch)

    def _value(self, path: str, settings: type[BaseModel], name: str) -> object:
        return self._values[path] if path in self._values else other_value(settings, name)


def spellings(name: str) -> tuple[str, str]:
    """The name of a case, and the name for the setting of every choice: ``optimizer[*].lr``."""
    return name, re.sub(r"\[\w+\]", "[*]", name)


def is_under(name: str, other: str) -> bool:
    """Whether a case is that of a setting, or of something in it."""
    return name == other or name.startswith((f"{other}.", f"{other}[", f"{other}="))


def section_at(keys: Keys, declared: FieldInfo) -> SectionPlace | None:
    """The section that a setting is, if it is one."""
    for kind in models(declared.annotation):
        if issubclass(kind, Component) and kind.section_base() is kind:
            return SectionPlace(keys, kind, many=declared.annotation is not kind)
    return None


def models(annotation: object) -> list[type[BaseModel]]:
    """The settings classes in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [kind for inner in get_args(annotation) for kind in models(inner)]


def other_value(settings: type[BaseModel], name: str) -> object:
    """A value of a setting that is not its default, made from its declaration.

    Raises:
        LookupError: none of those tried is valid.
    """
    declared = settings.model_fields[name]
    taken: TypeAdapter[object] = TypeAdapter(Annotated[declared.annotation, declared])
    for value in _tried(declared):
        try:
            if taken.validate_python(value) != declared.default:
                return value
        except ValidationError:
            continue
    raise LookupError(f"no other value of {settings.__name__}.{name} can be made: give one")


def _tried(declared: FieldInfo) -> Iterator[object]:
    default = declared.default
    for kind in (declared.annotation, *get_args(declared.annotation)):
        if typing.get_origin(kind) is typing.Literal:
            yield from get_args(kind)
    if isinstance(default, bool):
        yield not default
    elif isinstance(default, int | float):
        yield from (default * 2, default / 2, default + 1, 0.5, 1, 2)
    elif isinstance(default, tuple) and default and all(isinstance(each, int | float) for each in default):
        yield tuple(each / 2 for each in default)
        yield tuple(each * 2 for each in default)
    elif default is None:
        yield from (0.5, 1, 2)
