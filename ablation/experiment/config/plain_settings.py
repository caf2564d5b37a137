"""Settings as a file would have them: mappings, lists, texts and numbers, without defaults."""

from collections.abc import Mapping
from typing import Any

from ablation.recipe.component import Component
from ablation.recipe.settings import Settings


def as_written(value: Any) -> Any:
    """A value with all settings in it as mappings, without defaults, but with the names of components.

    Left-out defaults matter: where an override or a patch chooses another component, none of them comes along.
    """
    if isinstance(value, Settings):
        written = value.model_fields_set | ({value.key} if isinstance(value, Component) else set())
        fields = [name for name, field in type(value).model_fields.items() if name in written and not field.exclude]
        return {name: as_written(getattr(value, name)) for name in fields}
    if isinstance(value, Mapping):
        return {key: as_written(entry) for key, entry in value.items()}
    return [as_written(entry) for entry in value] if isinstance(value, list | tuple) else value
