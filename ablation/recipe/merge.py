"""Patches: merging a partial recipe into a resolved one, and the differences of two recipes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_CHOICE_KEYS = ("name", "source")


def merged(resolved: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """``patch`` over ``resolved``: mappings merge key by key, a list or a scalar replaces.

    A mapping whose ``name`` or ``source`` changes is replaced whole, so no setting of the old choice leaks into the
    new one. Neither argument is changed.
    """
    result = dict(resolved)
    for key, new in patch.items():
        old = resolved.get(key)
        if isinstance(new, Mapping) and isinstance(old, Mapping) and not _other_choice(old, new):
            result[key] = merged(old, new)
        else:
            result[key] = new
    return result


def _other_choice(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return any(key in new and new[key] != old.get(key) for key in _CHOICE_KEYS)


def flattened(recipe: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted settings and their values; a list counts as one value."""
    return dict(_leaves(recipe, prefix))


def _leaves(node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
