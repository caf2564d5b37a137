"""The ``tune`` section of an experiment file: what a study searches, how, and for how long."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ablation.recipe.settings import Settings

SamplerName = Literal["tpe", "random", "grid", "cmaes", "gp"]
PrunerName = Literal["none", "median", "hyperband", "wilcoxon"]


class Range(Settings):
    """Numbers between two bounds, both included; whole ones where the setting takes whole ones."""

    low: float
    """Smallest value."""
    high: float
    """Largest value, above ``low``."""
    log: bool = False
    """Search on a logarithmic scale; ``low`` is then above 0 and there is no ``step``."""
    step: float | None = Field(None, gt=0)
    """Distance between the values that are tried, > 0; none: any."""

    @model_validator(mode="after")
    def _is_a_range(self) -> Range:
        if self.low >= self.high:
            raise PydanticCustomError("range", "low must be below high")
        if self.log and self.low <= 0:
            raise PydanticCustomError("range", "a logarithmic range begins above 0")
        if self.log and self.step is not None:
            raise PydanticCustomError("range", "a logarithmic range has no step")
        return self


class Choices(Settings):
    """A list of values."""

    choices: tuple[Any, ...] = Field(min_length=1)
    """What is tried: values of the setting, or names of components."""


class TuneSettings(Settings):
    """How good settings are looked for, on validation images alone."""

    trials: int = Field(20, ge=1)
    """Trials of each study in all, >= 1, however many processes share them."""
    minutes: float | None = Field(None, gt=0)
    """No trial is started after this many minutes, > 0; none: no limit."""
    replicates: int = Field(1, ge=1)
    """Replicates that a trial's score is the mean of, >= 1."""
    base: str | None = None
    """The rung whose row is tuned, or ``baseline``; none: the last row before a tuned rung."""
    study: str = Field("", max_length=80)
    """A name that tells this study from an earlier one of the same row; empty: none is needed."""
    sampler: SamplerName = "tpe"
    """How the next values are chosen; Optuna's samplers."""
    pruner: PrunerName = "none"
    """What ends a hopeless trial early: after an epoch (``median``, ``hyperband``), or after a replicate
    (``wilcoxon``)."""
    space: dict[str, Range | Choices] = Field(default_factory=dict)
    """What is searched, by dotted setting; empty: learning rate, gamma and alpha, where the row has them."""
