"""The base of every settings class: frozen, strict about unknown keys, finite numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ablation.errors import nearest


class Settings(BaseModel):
    """Validated, immutable settings; equal settings are equal values."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
    )

    def __hash__(self) -> int:
        """Hash of the content; pydantic's own fails on settings that hold a mapping."""
        return hash(self.model_dump_json())

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, given: Any) -> Any:
        """Refuse unknown keys with the nearest known one, which pydantic's own message lacks."""
        if isinstance(given, Mapping):
            for key in given:
                if key not in cls.model_fields:
                    hint = nearest(str(key), cls.model_fields)
                    raise PydanticCustomError("unknown", "unknown setting '{key}'; {hint}", {"key": key, "hint": hint})
        return given

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, given: Any, info: ValidationInfo) -> Any:
        """Refuse true and false where a number or text is expected; pydantic converts them to 1 and 0."""
        entries = given if isinstance(given, list | tuple) else (given,)
        truths = [each for each in entries if isinstance(each, bool)]
        if truths and not _takes_truth(cls.model_fields[str(info.field_name)].annotation):
            raise PydanticCustomError(
                "truth", "{given} has no meaning here; give a number or a text", {"given": str(truths[0]).lower()}
            )
        return given


def _takes_truth(annotation: Any) -> bool:
    return annotation in (bool, Any) or isinstance(annotation, bool) or any(map(_takes_truth, get_args(annotation)))
