"""What documents promise, as an experiment file writes it: a gain, a level or a ratio, of a metric or of a cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ablation.experiment.config.metric_names import check_promised
from ablation.experiment.config.promise_values import Promise, PromiseKind
from ablation.experiment.config.validation_errors import invalid
from ablation.recipe.settings import Settings

_KINDS: tuple[PromiseKind, ...] = ("gain", "level", "ratio")


def _as_range(raw: Any) -> Any:
    if isinstance(raw, str):
        raise invalid("range", "must be a number, or the lowest and the highest as a list: [3, 5]")
    return (raw, raw) if isinstance(raw, int | float) else raw


def _rising(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise invalid("range", "the lowest is above the highest")
    return bounds


_PromiseRange: TypeAlias = Annotated[
    tuple[float, float],
    AfterValidator(_rising),
    BeforeValidator(_as_range, json_schema_input_type=float | tuple[float, float]),
]
"""A number, or the lowest and the highest."""


class PromiseSettings(Settings):
    """A promise: exactly one of ``gain``, ``level`` and ``ratio``."""

    metric: str = "accuracy"
    """A metric, also by import path, ``class_accuracy/<class>``, ``gap``, or a cost such as ``latency_ms_1`` or
    ``images_per_second``."""
    gain: _PromiseRange | None = None
    """Over the row above, positive when better, in points for proportions; a number, or lowest and highest."""
    level: _PromiseRange | None = None
    """What the row itself reaches, in points for proportions; a number, or lowest and highest."""
    ratio: _PromiseRange | None = None
    """To the row above, > 0: 2 is twice as much, whatever is better; a number, or lowest and highest."""

    @model_validator(mode="after")
    def _one_known_promise(self) -> PromiseSettings:
        check_promised(self.metric)
        if sum(getattr(self, kind) is not None for kind in _KINDS) != 1:
            raise invalid("promise", "give exactly one of gain, level and ratio")
        if self.ratio is not None and self.ratio[0] <= 0:
            raise invalid("promise", "a ratio is above 0")
        return self

    def promise(self, source: str) -> Promise:
        """The same as plans keep it."""
        kind = next(kind for kind in _KINDS if getattr(self, kind) is not None)
        lowest, highest = getattr(self, kind)
        return Promise(self.metric, kind, lowest, highest, source)


def _as_promises(raw: Any) -> Any:
    """``3`` and ``[3, 5]`` are gains in points of accuracy; a mapping is one promise."""
    if raw is None:
        return ()
    if isinstance(raw, Mapping | PromiseSettings):
        return (raw,)
    if isinstance(raw, list | tuple) and not (raw and all(isinstance(entry, int | float) for entry in raw)):
        return raw
    if isinstance(raw, list | tuple) and len(raw) == 2:
        _rising((raw[0], raw[1]))  # raised here: pydantic would report an invalid list of promises
    return ({"gain": raw},)


Promises: TypeAlias = Annotated[
    tuple[PromiseSettings, ...],
    BeforeValidator(
        _as_promises,
        json_schema_input_type=float | tuple[float, float] | PromiseSettings | tuple[PromiseSettings, ...] | None,
    ),
]
"""Any number of promises; a bare number or range is a gain in points of accuracy, as the documents write it."""


class WiderPromiseSettings(Settings):
    """What a document promises of more, or of less, than one rung."""

    of: Literal["baseline", "total"] | Annotated[tuple[str, ...], Field(min_length=1)]
    """``baseline``, ``total`` (the last row; a gain is over the baseline), or the names of several rungs (their steps
    together)."""
    expect: Promises
    """What is promised."""
    source: str = ""
    """Where it stands."""

    @model_validator(mode="after")
    def _baseline_stands_on_nothing(self) -> WiderPromiseSettings:
        if self.of == "baseline" and any(each.level is None for each in self.expect):
            raise invalid("promise", "nothing stands before the baseline: promise it a level")
        return self


class TargetSettings(Settings):
    """What the whole is to reach."""

    metric: str = "accuracy"
    """A metric, also by import path, ``class_accuracy/<class>``, ``gap``, or a cost."""
    level: float
    """To be reached by the last row, in points for proportions: at least, or at most where lower is better."""
    source: str = ""
    """Where it stands."""

    @property
    def promise(self) -> Promise:
        """The same as plans keep it."""
        return Promise(self.metric, "level", self.level, self.level, self.source)

    @model_validator(mode="after")
    def _known(self) -> TargetSettings:
        PromiseSettings(metric=self.metric, level=(self.level, self.level))
        return self
