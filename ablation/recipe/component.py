"""Components: the choices of a section, found in its folder.

A section's folder declares a base (``class LossSettings(Component, section=True)``); each other file in the folder
holds one component, a subclass whose ``name`` is a ``Literal``. Nothing is registered by hand. A component outside
the package is named by import path: ``loss: {name: "my_losses:PolyLoss", epsilon: 1.0}``. A component that stands for
a whole library claims a prefix: ``backbone: "timm:resnet26"``.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SerializationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ablation.errors import UserError, nearest
from ablation.import_path import imported
from ablation.recipe.search import UsualSpace
from ablation.recipe.settings import Settings

C = TypeVar("C", bound="Component")


class Component(Settings):
    """Settings of one choice.

    ``key`` is the setting that names the choice: ``name``, or ``source`` for data. ``prefix``, if there is one,
    precedes the colon in all names of the component; an import path cannot begin with it.
    """

    key: ClassVar[str] = "name"
    libraries: ClassVar[tuple[str, ...]] = ()
    """Distributions besides torch and torchvision whose versions affect its numbers; they are part of addresses."""
    prefix: ClassVar[str] = ""
    _section: ClassVar[bool] = False

    def __init_subclass__(cls, section: bool = False, **kwargs: Any) -> None:
        cls._section = section
        super().__init_subclass__(**kwargs)

    @classmethod
    def section_base(cls) -> type[Component]:
        """The base of the section that this component is a choice of."""
        return next(each for each in cls.__mro__ if issubclass(each, Component) and each.__dict__.get("_section"))

    def search_space(self) -> UsualSpace:
        """The settings that a study searches if the file gives no space, by name; none by default."""
        return {}

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names under which this component is chosen: the values of its ``Literal``."""
        return tuple(get_args(cls.model_fields[cls.key].annotation))

    @classmethod
    def choose(cls, given: object) -> Self:
        """The component that ``given`` names: settings, a bare name, or a mapping with the key."""
        if isinstance(given, cls):
            return given
        if isinstance(given, str):
            given = {cls.key: given}
        if not isinstance(given, Mapping):
            raise PydanticCustomError("component", "must be a name or a mapping with the key '{key}'", {"key": cls.key})
        name = given.get(cls.key)
        if not isinstance(name, str):
            raise PydanticCustomError(
                "component", "needs the key '{key}'; known: {known}", {"key": cls.key, "known": ", ".join(choices(cls))}
            )
        chosen: type[Self] = _named(cls, name)
        return chosen.model_validate(dict(given))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if not cls._section:
            return handler(source)
        return core_schema.no_info_plain_validator_function(
            cls.choose,
            serialization=core_schema.plain_serializer_function_ser_schema(_dump, info_arg=True),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        if not cls._section:
            return handler(schema)
        bare = {"enum": list(choices(cls)), "type": "string"}
        full = [handler(known.__pydantic_core_schema__) for known in dict.fromkeys(choices(cls).values())]
        path = {"pattern": ":", "type": "string"}
        own = {"type": "object", "properties": {cls.key: path}, "required": [cls.key]}
        return {"anyOf": [bare, *full, path, own]}


def _dump(component: Component, info: SerializationInfo) -> dict[str, Any]:
    return component.model_dump(mode=info.mode)


@functools.cache
def choices(base: type[C]) -> dict[str, type[C]]:
    """Every component of a section by name, in the order of their files."""
    return {name: known for known in _in_folder(base) for name in known.names()}


@functools.cache
def families(base: type[C]) -> dict[str, type[C]]:
    """The components of a section with a prefix, by prefix."""
    return {known.prefix: known for known in _in_folder(base) if known.prefix}


def _in_folder(base: type[C]) -> list[type[C]]:
    package = sys.modules[base.__module__]
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    found = [known for known in _descendants(base) if known.__module__.startswith(package.__name__ + ".")]
    return sorted(found, key=lambda known: known.__module__)


def _descendants(base: type[C]) -> list[type[C]]:
    return [known for child in base.__subclasses__() for known in (child, *_descendants(child))]


def _named(base: type[C], name: str) -> type[C]:
    """The class of a name: from the folder, from a family, or the user's own."""
    if ":" in name:
        return families(base).get(name.partition(":")[0]) or _imported(base, name)
    if name not in choices(base):
        raise PydanticCustomError(
            "component", "no component '{name}'; {hint}", {"name": name, "hint": nearest(name, choices(base))}
        )
    return choices(base)[name]


def _imported(base: type[C], path: str) -> type[C]:
    """The user's own settings class, named ``module:Class``."""
    try:
        found = imported(path)
    except UserError as error:
        raise PydanticCustomError(
            "component", "{problem}; {remedy}", {"problem": error.problem, "remedy": error.remedy}
        ) from error
    if not (isinstance(found, type) and issubclass(found, base)):
        raise PydanticCustomError(
            "component", "'{path}' is no subclass of {base}", {"path": path, "base": base.__qualname__}
        )
    return found
