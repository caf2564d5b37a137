"""A rung of the experiment file: one improvement, and what was promised of it."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from ablation.experiment.config.plain_settings import as_written
from ablation.experiment.config.promise_values import Promise
from ablation.experiment.config.promises import Promises
from ablation.experiment.config.validation_errors import invalid
from ablation.recipe.settings import Settings


class RungSettings(Settings):
    """One improvement: a named patch, with the gain its document expects."""

    name: str = Field(min_length=1, max_length=60, json_schema_extra={"pattern": r"^[^/\n]+$"})
    """Shown in every table; no slash."""
    patch: dict[str, Any] = Field(default_factory=dict)
    """A partial recipe, merged over the rows before it; needed by all but a control and a tuned rung."""
    expect: Promises = ()
    """What is promised: a gain in points of accuracy as a number, or lowest and highest; or gains, levels and ratios of
    any metric or cost."""
    source: str = ""
    """The document that makes the promise."""
    control: bool = False
    """An A/A control: changes nothing, is really run again, and must be found identical."""
    tuned: bool = False
    """Takes the best values of the study of the row before it, which ``ablation tune`` makes; the last rung alone."""
    requires: tuple[str, ...] = ()
    """Earlier rungs without which this one makes no sense; leaving one of them out leaves this one out too."""

    @field_validator("name")
    @classmethod
    def _without_slash(cls, name: str) -> str:
        if "/" in name or "\n" in name:
            raise invalid("name", "must be one line without '/', which --set reads as the end of a rung's name")
        return name

    @field_validator("patch", mode="before")
    @classmethod
    def _components_as_mappings(cls, patch: Any) -> Any:
        return as_written(patch)

    @model_validator(mode="after")
    def _changes_something_or_is_a_control(self) -> RungSettings:
        if self.control and (self.patch or self.requires or self.expect):
            raise invalid("control", "a control has no patch, no promise and requires nothing")
        if self.tuned and (self.patch or self.control):
            raise invalid("tuned", "a tuned rung has no patch and is no control; its values are a study's")
        if not (self.control or self.tuned or self.patch):
            raise invalid("patch", "patch is missing or empty; a control says control: true, a tuned rung tuned: true")
        return self

    @property
    def promises(self) -> tuple[Promise, ...]:
        """What is expected of it, as plans keep it."""
        return tuple(each.promise(self.source) for each in self.expect)
