"""Settings as a file would have them: what was given, as mappings, lists, texts and numbers."""

from collections.abc import Mapping
from typing import Any

from ablation.recipe.component import Component
from ablation.recipe.settings import Settings


def as_written(value: Any) -> Any:
    """A value with all settings in it as mappings; defaults that nobody gave are left out, names of components are not.

    Left-out defaults matter: where an override or a patch chooses another component, none of them comes along.
    """
    if isinstance(value, Settings):
        return {name: as_written(getattr(value, name)) for name in _given(value)}
    if isinstance(value, Mapping):
        return {key: as_written(entry) for key, entry in value.items()}
    return [as_written(entry) for entry in value] if isinstance(value, list | tuple) else value


def _given(settings: Settings) -> list[str]:
    named = {settings.key} if isinstance(settings, Component) else set()
    fields = type(settings).model_fields
    return [name for name, field in fields.items() if name in settings.model_fields_set | named and not field.exclude]
