"""Phases: patches over the recipe from some epoch on.

A phase begins at an epoch, or when a metric on val meets its conditions, and may move numbers over some epochs. Phases
begin in the order of their earliest epochs, each patching the recipe of the one before it; a phase that is never
reached changes nothing. Weights are kept.

Asked by 001_b04657de1b61805f.txt (feature extraction, fine-tuning, gradual unfreezing), 003_ecebd86cd390f469.txt
(progressive resizing, 128 to 224 px: +5-10 %), 004_7c9170eca9dbe505.txt (dropout and label smoothing raised once
validation accuracy is above 50 %).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ablation.recipe.merge import flattened, merged
from ablation.recipe.monitor import Watched, best_epoch, watched_value
from ablation.recipe.settings import Settings

PATCHABLE: Mapping[str, tuple[str, ...] | None] = {
    "data": ("image_size",),
    "train": ("batch_size", "accumulate", "clip_norm"),
    **dict.fromkeys(("model", "loss", "augment", "mix", "balance", "optimizer", "schedule")),
}
"""The sections that a phase may change, with the allowed settings; None for all."""

RAMPABLE = ("model", "loss", "augment", "mix", "balance")
"""The sections whose numbers a phase may ramp; learning rates belong to the schedule."""


class Start(Settings):
    """When a phase begins: at an epoch, and only once everything else that is given holds too."""

    epoch: int = Field(0, ge=0)
    """Epochs that must be done before, >= 0."""
    metric: Watched = "accuracy"
    """What ``above`` and ``plateau`` look at, on validation."""
    above: float | None = Field(None, gt=0, lt=100)
    """Points that the metric must have reached in the epoch before, in (0, 100)."""
    plateau: int | None = Field(None, ge=1)
    """Epochs without improvement, since the phase before began, that there must have been, >= 1."""

    @model_validator(mode="after")
    def _says_when(self) -> Start:
        if self.epoch == 0 and not self.is_conditional:
            raise PydanticCustomError("start", "a phase from epoch 0 on is the recipe itself; give an epoch >= 1")
        if self.metric in ("loss", "brier") and self.above is not None:
            raise PydanticCustomError("start", "above is in points, which {metric} is not", {"metric": self.metric})
        if self.metric != "accuracy" and not self.is_conditional:
            raise PydanticCustomError("start", "a metric says nothing without above or plateau")
        return self

    @property
    def is_conditional(self) -> bool:
        """Whether its epoch is known only during training."""
        return self.above is not None or self.plateau is not None

    def holds(self, history: Sequence[Mapping[str, float]]) -> bool:
        """Whether the conditions hold after these epochs, which begin with the phase before."""
        if not self.is_conditional:
            return True
        if not history:
            return False
        reached = self.above is None or watched_value(history[-1], self.metric) * 100 >= self.above
        return reached and (self.plateau is None or len(history) - 1 - best_epoch(history, self.metric) >= self.plateau)


def _epoch_alone(given: Any) -> Any:
    if isinstance(given, int) and not isinstance(given, bool):
        return {"epoch": given}
    if not isinstance(given, Mapping | Start):
        raise PydanticCustomError("start", "must be a whole number of epochs, or a mapping of conditions")
    return given


class Ramp(Settings):
    """A number that moves evenly from what it is to another one."""

    to: float
    """The number it ends at."""
    epochs: int = Field(ge=1)
    """Epochs it takes, >= 1; the first of them already moves."""

    def value(self, start: float, epochs_in: int) -> float:
        """The number in the epoch that follows ``epochs_in`` epochs of the phase."""
        share = (epochs_in + 1) / self.epochs
        return start + (self.to - start) * share if share < 1 else self.to


class Phase(Settings):
    """A patch from some epoch on."""

    start: Annotated[Start, BeforeValidator(_epoch_alone, json_schema_input_type=int | Start)]
    """An epoch, or conditions; a bare number is an epoch."""
    patch: dict[str, Any] = Field(default_factory=dict)
    """A partial recipe, merged over what holds before."""
    ramp: dict[str, Ramp] = Field(default_factory=dict)
    """Numbers that move gradually, by dotted setting: ``loss.label_smoothing: {to: 0.1, epochs: 10}``."""
    optimizer_state: Literal["keep", "fresh"] = "keep"
    """Whether weights that were trained before keep their running means of gradients, or start with new ones."""

    @property
    def moving(self) -> int:
        """Number of epochs after which all ramps have ended, >= 1."""
        return max((ramp.epochs for ramp in self.ramp.values()), default=1)

    @model_validator(mode="after")
    def _changes_what_a_phase_may(self) -> Phase:
        if not self.patch and not self.ramp:
            raise PydanticCustomError("phase", "changes nothing; give a patch or a ramp")
        for path in (*flattened(self.patch), *self.ramp):
            section, _, setting = path.partition(".")
            allowed = PATCHABLE.get(section, ())
            if path in ("model.weights", "model.init") or (allowed is not None and setting not in allowed):
                raise PydanticCustomError("phase", "a phase cannot change {path}", {"path": path})
        for path in self.ramp:
            if path.partition(".")[0] not in RAMPABLE or path == "model.trainable":
                raise PydanticCustomError("phase", "a ramp cannot move {path}", {"path": path})
        return self


def entered(recipe: Mapping[str, Any], phase: Phase, epochs_in: int) -> dict[str, Any]:
    """A recipe's settings in the epoch that follows ``epochs_in`` epochs of a phase.

    Raises:
        ValueError: a ramped setting is no number.
    """
    patched = merged(recipe, phase.patch)
    for path, ramp in phase.ramp.items():
        start = flattened(patched).get(path)
        if not isinstance(start, int | float) or isinstance(start, bool):
            raise ValueError(f"{path} is no number that a ramp could start from; set one in the phase's patch")
        patched = merged(patched, nested(path, ramp.value(start, epochs_in)))
    return patched


def nested(path: str, value: Any) -> dict[str, Any]:
    """One dotted setting as a nested mapping, as in a patch."""
    for key in reversed(path.split(".")):
        value = {key: value}
    found: dict[str, Any] = value
    return found
