"""The library Albumentations, imported when first needed, since the import takes three seconds.

Its warnings are errors here, since it then uses other values than the given ones.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

GROUPS = ("OneOf", "OneOrOther", "RandomOrder", "Sequential", "SomeOf")
"""Transforms that hold other transforms."""

_ABSTRACT = ("BasicTransform", "DualTransform", "ImageOnlyTransform", "Transform3D")

_ADVICE = r".*(is a special case of|is a specialized version of|is an alias for|is very slow)"
"""Warnings that are advice only."""


@functools.cache
def library() -> Any:
    """The module ``albumentations``."""
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # its import asks for newer versions over the network
    return importlib.import_module("albumentations")


@functools.cache
def transforms() -> Mapping[str, type]:
    """Every transform of the library by name, without groups and ``Lambda``, which takes a function."""
    module = library()
    found = {name: kind for name, kind in vars(module).items() if inspect.isclass(kind)}
    return {
        name: kind
        for name, kind in found.items()
        if issubclass(kind, module.BasicTransform) and name not in (*_ABSTRACT, "Lambda")
    }


@functools.cache
def parameters(name: str) -> Mapping[str, Any]:
    """The parameters of a transform by name, with their defaults (``inspect.Parameter.empty`` where there is none)."""
    return {key: each.default for key, each in inspect.signature(transforms()[name]).parameters.items()}


@contextmanager
def no_silent_changes() -> Iterator[None]:
    """Raise the library's warnings as errors (UserWarning), except advice."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.filterwarnings("ignore", _ADVICE, UserWarning)
        yield


def made(step: Any) -> Any:
    """The library's transform for a step: a name, or a mapping of one name to its parameters.

    Raises:
        ValueError, TypeError, UserWarning: the library refuses the step.
    """
    name, given = parted(step)
    if name in GROUPS:
        given = {**given, "transforms": [made(each) for each in given["transforms"]]}
    with no_silent_changes():
        return getattr(library(), name)(**given)


def parted(step: Any) -> tuple[str, Mapping[str, Any]]:
    """The name and the parameters of a step; ``HorizontalFlip`` and ``{HorizontalFlip: }`` have none.

    Raises:
        ValueError: it is neither a name nor a mapping of one name to its parameters.
    """
    if isinstance(step, str):
        return step, {}
    if isinstance(step, Mapping) and len(step) == 1:
        [(name, given)] = step.items()
        if isinstance(name, str) and (given is None or isinstance(given, Mapping)):
            return name, given or {}
    raise ValueError("must be a transform's name, or a mapping of one name to its parameters: {GaussNoise: {p: 0.5}}")
