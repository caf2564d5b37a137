"""Values of settings as text: rounded for people to read, exact where they are to be pasted."""

from collections.abc import Iterator, Mapping
from typing import Any

from ablation.experiment.config.yaml_text import yaml_flow

_DIGITS = 4
"""Significant digits of a value in a table."""


def rounded(value: Any) -> str:
    """A value as an experiment file writes it, with four significant digits."""
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else yaml_flow(value)


def patch_flow(patch: Mapping[str, Any]) -> str:
    """A patch on one line, every digit and every null kept: ``{loss: {gamma: 1.4312345}}``."""
    return _flow(patch)


def patch_block(patch: Mapping[str, Any], indent: int) -> str:
    """The same on as many lines as it has settings and sections, set in by some blanks."""
    return "\n".join(_block(patch, " " * indent))


def _block(patch: Mapping[str, Any], before: str) -> Iterator[str]:
    for key, value in patch.items():
        if isinstance(value, Mapping) and value:
            yield f"{before}{_leaf(key)}:"
            yield from _block(value, f"{before}  ")
        else:
            yield f"{before}{_leaf(key)}: {_flow(value)}"


def _flow(node: Any) -> str:
    if isinstance(node, Mapping):
        return "{" + ", ".join(f"{_leaf(key)}: {_flow(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list | tuple):
        return "[" + ", ".join(map(_flow, node)) + "]"
    return _leaf(node)


def _leaf(value: Any) -> str:
    """A scalar as it is written inside brackets, where a comma would end it."""
    return yaml_flow([value])[1:-1]
