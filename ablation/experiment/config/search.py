"""The ``tune`` section of an experiment file: what a study searches, how, and for how long."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, ValidationError, field_validator, model_validator

from ablation.errors import nearest
from ablation.experiment.config.validation_errors import as_setting_error, invalid
from ablation.metrics.registry import metrics_of_every_epoch
from ablation.recipe.settings import Settings

SamplerName = Literal["tpe", "random", "grid", "cmaes", "gp"]
PrunerName = Literal["none", "median", "hyperband", "wilcoxon"]

BY_EPOCH: tuple[PrunerName, ...] = ("median", "hyperband")
"""The pruners that compare trials after each epoch."""

LEAST_FOR_WILCOXON = 5
"""A signed-rank test first comes to p < 0.1 at four replicates, and after the last one there is nothing to save."""


class Range(Settings):
    """Numbers between two bounds, both included; whole ones where the setting takes whole ones."""

    low: float
    """Smallest value."""
    high: float
    """Largest value, above ``low``."""
    log: bool = False
    """Search on a logarithmic scale; ``low`` is then above 0 and there is no ``step``."""
    step: float | None = Field(None, gt=0)
    """Distance between the values that are tried, > 0, whose multiple ``high - low`` is; none: any."""

    @model_validator(mode="after")
    def _is_a_range(self) -> Range:
        if self.low >= self.high:
            raise invalid("range", "low must be below high")
        if self.log and self.low <= 0:
            raise invalid("range", "a logarithmic range begins above 0")
        if self.log and self.step is not None:
            raise invalid("range", "a logarithmic range has no step")
        if self.step is not None:
            low, high, step = (Decimal(repr(number)) for number in (self.low, self.high, self.step))
            if (high - low) % step:
                raise invalid("range", "high must be a whole number of steps above low")
        return self


class Choices(Settings):
    """A list of values."""

    choices: tuple[Any, ...] = Field(min_length=1, json_schema_extra={"minItems": 2})
    """What is tried, two or more: values of the setting, or components by name or with their settings."""

    @field_validator("choices")
    @classmethod
    def _are_plain(cls, choices: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(choices) == 1:
            raise invalid("choices", "a single value leaves nothing to search; make it the row's own")
        try:
            return tuple(json.loads(json.dumps(choices, allow_nan=False)))
        except (TypeError, ValueError) as error:
            raise invalid("choices", f"hold what is no value of a setting: {error}") from error


def _kind(raw: Any) -> str | None:
    if isinstance(raw, Choices) or (isinstance(raw, Mapping) and "choices" in raw):
        return "a list"
    return "a range" if isinstance(raw, Range | Mapping) else None


_Searched: TypeAlias = Annotated[
    Annotated[Range, Tag("a range")] | Annotated[Choices, Tag("a list")],
    Discriminator(
        _kind,
        custom_error_type="searched",
        custom_error_message="must be a range such as {low: 0.1, high: 1} or a list such as {choices: [a, b]}",
    ),
]
"""How one setting is searched."""


class TuneSettings(Settings):
    """How good settings are looked for, on validation images alone."""

    trials: int = Field(20, ge=1)
    """Trials of each study in all, >= 1, however many processes share them."""
    minutes: float | None = Field(None, gt=0)
    """No trial is started after this many minutes, > 0; none: no limit."""
    replicates: int = Field(1, ge=1)
    """Replicates that a trial's score is the mean of, >= 1; for ``wilcoxon`` >= 5."""
    base: str | None = None
    """The rung whose row is tuned, or ``baseline``; none: the last row before a tuned rung."""
    study: str = Field("", max_length=80)
    """A name that tells this study from an earlier one of the same row; empty: none is needed."""
    sampler: SamplerName = "tpe"
    """How the next values are chosen; Optuna's samplers."""
    pruner: PrunerName = "none"
    """What ends a hopeless trial early: after an epoch (``median``, ``hyperband``), or after a replicate
    (``wilcoxon``)."""
    space: dict[str, _Searched] = Field(default_factory=dict)
    """What is searched, by dotted setting; empty: learning rate, gamma and alpha, where the row has them."""

    @model_validator(mode="after")
    def _pruner_can_prune(self) -> TuneSettings:
        if self.pruner == "wilcoxon" and self.replicates < LEAST_FOR_WILCOXON:
            problem = f"wilcoxon prunes after 4 replicates at the earliest, so {self.replicates} save nothing"
            raise invalid("pruner", f"{problem}; give {LEAST_FOR_WILCOXON} or more")
        return self


def settings_with(tune: TuneSettings, options: Mapping[str, Any]) -> TuneSettings:
    """The section with the values of the command line in place of the file's.

    Raises:
        UserError: a value is not allowed; the place is the option.
    """
    settings = {**tune.model_dump(), **options}
    try:
        return TuneSettings.model_validate(settings)
    except ValidationError as error:
        raise as_setting_error(error, settings, prefix="--") from error


def check_tune(tune: TuneSettings, rows: Sequence[str], last_only: bool, metric: str) -> None:
    """Whether ``base`` names a row that can be tuned, and a pruner that compares epochs finds the metric in each.

    Args:
        rows: the baseline and the rungs that a study may tune, in order.
        last_only: whether a tuned rung takes the values of the last of them.

    Raises:
        PydanticCustomError: one of them is not so.
    """
    if tune.base is not None and tune.base not in rows:
        raise invalid("tune", f"tune.base: no row '{tune.base}' to tune; {nearest(tune.base, rows)}")
    if last_only and tune.base not in (None, rows[-1]):
        problem = f"the tuned rung stands on '{rows[-1]}', not on '{tune.base}'"
        raise invalid("tune", f"tune.base: {problem}; leave base out")
    every_epoch = [known.name for known in metrics_of_every_epoch()]
    if tune.pruner in BY_EPOCH and metric not in every_epoch:
        known = ", ".join(every_epoch)
        problem = f"{tune.pruner} needs the metric after every epoch, where there are {known}, not {metric}"
        raise invalid("tune", f"tune.pruner: {problem}; use wilcoxon or none")
