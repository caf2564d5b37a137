"""Values of settings as text: rounded for people to read, exact where they are to be pasted."""

from collections.abc import Iterator, Mapping
from typing import Any

from ablation.experiment.config.yaml_text import yaml_flow

_DIGITS = 4
"""Significant digits of a value in a table."""


def rounded(value: Any) -> str:
    """A value as an experiment file writes it, with four significant digits."""
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else yaml_flow(value)


def patch_flow(patch: Any) -> str:
    """A patch, or a value in one, on one line with every digit and every null: ``{loss: {gamma: 1.4312345}}``."""
    if isinstance(patch, Mapping):
        return "{" + ", ".join(f"{_leaf(key)}: {patch_flow(value)}" for key, value in patch.items()) + "}"
    if isinstance(patch, list | tuple):
        return "[" + ", ".join(map(patch_flow, patch)) + "]"
    return _leaf(patch)


def patch_block(patch: Mapping[str, Any], indent: int) -> str:
    """The same on a line for each section and setting, indented by so many blanks."""
    return "\n".join(_block(patch, " " * indent))


def _block(patch: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in patch.items():
        if isinstance(value, Mapping) and value:
            yield f"{indent}{_leaf(key)}:"
            yield from _block(value, f"{indent}  ")
        else:
            yield f"{indent}{_leaf(key)}: {patch_flow(value)}"


def _leaf(value: Any) -> str:
    """A scalar as it is written inside brackets, where a comma would end it."""
    return yaml_flow([value])[1:-1]
