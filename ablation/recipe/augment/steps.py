"""Validation of the steps of an Albumentations pipeline: refuses what the library would fail on, warn of or ignore.

A step is a transform's name or a mapping of one name to its parameters. ``checked`` returns the same in plain JSON
values.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from ablation.errors import nearest
from ablation.recipe.augment.bounds import Probability
from ablation.recipe.augment.library import GROUPS, library, made, no_silent_changes, parameters, parted, transforms
from ablation.recipe.settings import Settings

TRIAL_SIDES = (64, 512)
"""Sides of the images for trying each transform, pixels; the second for crops larger than the first."""

RENAMED = {
    "always_apply": "p: 1",
    "var_limit": "std_range, the square roots of the old variances divided by 255",
    "max_holes": "num_holes_range: [least, most]; without min_holes the old transform cut exactly max_holes",
    "max_height": "hole_height_range: [least, most]",
    "max_width": "hole_width_range: [least, most]",
    "fill_value": "fill",
    "value": "fill",
    "cval": "fill",
    "mode": "border_mode",
    "alpha_affine": "none: it is gone; put Affine before it",
    "quality_lower": "quality_range: [least, most]",
    "quality_upper": "quality_range: [least, most]",
}
"""Today's names of parameters of older versions of the library."""


def checked(given: Any) -> Any:
    """A step in plain JSON values that the library knows and accepts, tried on an image.

    Raises:
        ValueError: it is no step; or, as pydantic's ValidationError at the parameter, the library refuses it.
    """
    name, values = parted(given)
    try:
        values = json.loads(json.dumps(values, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise _refusal((name,), given, f"holds what no file can hold: {error}") from error
    if name in GROUPS:
        values = _checked_group(name, values)
    else:
        _check_transform(name, json.dumps(values))
    return {name: values} if values else name


Step = Annotated[
    Any,
    BeforeValidator(checked),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1, "maxProperties": 1}]}),
]
"""A checked step."""


class Group(Settings):
    """Parameters of ``Sequential`` and ``OneOf``."""

    transforms: tuple[Step, ...] = Field(min_length=1)
    """The steps that it holds."""
    p: Probability = 0.5
    """Probability that it acts, in [0, 1]."""


class Pair(Group):
    """Parameters of ``OneOrOther``."""

    transforms: tuple[Step, ...] = Field(min_length=2, max_length=2)
    """The two steps that it holds; ``p`` is the first one's probability."""


class Some(Group):
    """Parameters of ``SomeOf`` and ``RandomOrder``."""

    n: int = Field(1, ge=1)
    """Number of steps chosen each time, at least 1."""
    replace: bool = False
    """Whether a step may be chosen twice."""
    p: Probability = 1.0
    """Probability that it acts, in [0, 1]."""

    @field_validator("replace")
    @classmethod
    def _enough(cls, replace: bool, info: ValidationInfo) -> bool:
        held, n = len(info.data.get("transforms", ())), info.data.get("n", 1)
        if held and n > held and not replace:
            raise ValueError(f"n = {n} of {held} steps needs replace: true")
        return replace


_PARAMETERS: Mapping[str, type[Settings]] = {
    "OneOf": Group,
    "Sequential": Group,
    "OneOrOther": Pair,
    "SomeOf": Some,
    "RandomOrder": Some,
}


def _checked_group(name: str, values: Mapping[str, Any]) -> Any:
    try:
        plain = _PARAMETERS[name].model_validate(values).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        raise _below(name, error) from error
    try:
        made({name: plain})
    except ZeroDivisionError as error:
        raise _refusal((name,), values, "the p of its transforms are their weights, and all are 0") from error
    return plain


@functools.lru_cache(maxsize=1024)
def _check_transform(name: str, text: str) -> None:
    if name not in transforms():
        hint = nearest(name, (*transforms(), *GROUPS))
        raise _refusal((), name, f"no transform '{name}' in Albumentations {library().__version__}; {hint}")
    values = json.loads(text)
    _check_names(name, values)
    _try(name, values, _made(name, values))


def _check_names(name: str, values: Mapping[str, Any]) -> None:
    known = parameters(name)
    for key, value in values.items():
        if key not in known:
            raise _refusal((name, key), value, f"{name} has no parameter '{key}'; {_instead(name, key)}")
        if isinstance(value, bool) and type(known[key]) in (int, float):
            raise _refusal((name, key), value, f"{str(value).lower()} has no meaning here; give a number")
    for key, default in known.items():
        if default is inspect.Parameter.empty and key not in values:
            raise _refusal((name,), values, f"{name} needs the parameter '{key}'")


def _instead(name: str, key: str) -> str:
    if key in RENAMED:
        return f"today: {RENAMED[key]}"
    return nearest(key, parameters(name))


def _made(name: str, values: Mapping[str, Any]) -> Any:
    try:
        return made({name: values})
    except ValueError as error:
        if isinstance(error.__cause__, ValidationError):
            raise _below(name, error.__cause__) from error
        raise _refusal((name,), values, f"{name}: {error}") from error
    except (TypeError, UserWarning) as error:
        raise _refusal((name,), values, f"{name}: {error}") from error


def _try(name: str, values: Mapping[str, Any], transform: Any) -> None:
    """Refuse a transform that needs more than an image, or does not return one."""
    try:
        changed = _tried(transform)
    except Exception as error:  # whatever the library raises
        text = f"{name} cannot act on an image alone: {error or type(error).__name__}"
        raise _refusal((name,), values, text) from error
    kind = f"{getattr(changed, 'dtype', type(changed).__name__)} of shape {tuple(getattr(changed, 'shape', ()))}"
    if getattr(changed, "dtype", None) != np.uint8 or changed.ndim != 3 or changed.shape[2] != 3:
        text = (
            f"{name} turns an image into {kind}; images must stay (height, width, 3) uint8 (the core normalises them)"
        )
        raise _refusal((name,), values, text)


def _tried(transform: Any) -> Any:
    noise = np.random.default_rng(0)
    small, large = (noise.integers(256, size=(side, side, 3), dtype=np.uint8) for side in TRIAL_SIDES)
    transform.set_random_seed(0)
    with no_silent_changes():
        try:
            return transform(image=small, force_apply=True)["image"]
        except Exception:  # a crop of more than the image has a class of its own
            return transform(image=large, force_apply=True)["image"]


def _refusal(place: Sequence[str | int], given: Any, text: str) -> ValidationError:
    kind = PydanticCustomError("step", "{text}", {"text": text})
    return ValidationError.from_exception_data("step", [InitErrorDetails(type=kind, loc=tuple(place), input=given)])


def _below(name: str, error: ValidationError) -> ValidationError:
    """pydantic's errors about a transform's parameters, with places below its name."""
    found = []
    for each in error.errors():
        text = each["msg"].removeprefix("Value error, ")
        if each["type"] == "missing":
            text = f"{name} needs the parameter '{each['loc'][-1]}'"
        kind = PydanticCustomError("step", "{text}", {"text": text})
        found.append(InitErrorDetails(type=kind, loc=(name, *each["loc"]), input=each["input"]))
    return ValidationError.from_exception_data("step", found)
