"""The recipe: every setting that decides the outcome of one training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError, PydanticKnownError

from ablation.recipe.augment import AugmentSettings
from ablation.recipe.augment.none import NoAugment
from ablation.recipe.balance import BalanceSettings
from ablation.recipe.component import Component
from ablation.recipe.data import DataSettings
from ablation.recipe.inference import InferenceSettings
from ablation.recipe.loss import LossSettings
from ablation.recipe.loss.cross_entropy import CrossEntropy
from ablation.recipe.merge import merged
from ablation.recipe.mix import MixSettings
from ablation.recipe.mix.none import NoMix
from ablation.recipe.model import ModelSettings
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.optimizer.adamw import AdamW
from ablation.recipe.phases import Phase, entered
from ablation.recipe.schedule import ScheduleSettings
from ablation.recipe.schedule.constant import Constant
from ablation.recipe.settings import Settings
from ablation.recipe.train import TrainSettings


class Recipe(Settings):
    """A tree of typed sections; only ``data`` has no default. A section without a ``name`` is its default choice."""

    data: DataSettings
    """Where the images come from, how they are sized and how they are split."""
    model: ModelSettings = ModelSettings()
    """Backbone, its starting weights, and head."""
    loss: LossSettings = Field(default_factory=CrossEntropy)
    """The loss that training minimises."""
    augment: AugmentSettings = Field(default_factory=NoAugment)
    """Random changes to each training image."""
    mix: MixSettings = Field(default_factory=NoMix)
    """Mixtures of the images of a training batch."""
    balance: BalanceSettings = BalanceSettings()
    """Treatment of unequal classes."""
    optimizer: OptimizerSettings = Field(default_factory=AdamW)
    """How gradients become steps."""
    schedule: ScheduleSettings = Field(default_factory=Constant)
    """How the learning rate moves during training."""
    train: TrainSettings = TrainSettings()
    """Length, batches and precision."""
    inference: InferenceSettings = InferenceSettings()
    """How predictions are made; no part of the training's identity."""
    phases: dict[str, Phase] = Field(default_factory=dict)
    """Patches over the recipe from some epoch on, by name; null removes the phase of an earlier rung."""

    @property
    def phase_names(self) -> tuple[str, ...]:
        """The phases in the order of their earliest epochs; where those are equal, certain ones first, then by name."""
        starts = {name: phase.start for name, phase in self.phases.items()}
        return tuple(sorted(starts, key=lambda name: (starts[name].epoch, starts[name].is_conditional, name)))

    @model_validator(mode="before")
    @classmethod
    def _default_choices(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {name: _completed(name, section, cls.model_fields.get(name)) for name, section in given.items()}

    @model_validator(mode="after")
    def _phases_fit(self) -> Self:
        """Check that every phase gives a recipe, begins before the end, and suits a schedule over all epochs."""
        settings = self.model_dump(exclude={"phases"})
        for name in self.phase_names:
            phase = self.phases[name]
            if phase.start.epoch >= self.train.epochs:
                raise _misfit(name, f"starts at epoch {phase.start.epoch}, but train.epochs is {self.train.epochs}")
            try:
                now = type(self).model_validate(merged(settings, phase.patch))
            except ValidationError as error:
                raise _placed(error, name) from error
            settings = self._ramped(settings, name)
            if now.schedule.span == "all" and phase.optimizer_state == "fresh":
                raise _misfit(name, "optimizer_state: fresh has no effect under a schedule with span: all")
            if now.schedule.span == "all" and (moved := _needed_by_a_schedule_over_all(self, now)):
                raise _misfit(name, f"cannot change {moved} under a schedule with span: all; use span: phase")
        return self

    def _ramped(self, settings: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The settings at the end of a phase's ramps; checks that every step is a valid recipe."""
        phase = self.phases[name]
        try:
            held = [entered(settings, phase, epochs_in) for epochs_in in range(phase.moving)]
            for each in held:
                type(self).model_validate(each)
        except ValidationError as error:
            first = error.errors()[0]
            raise _misfit(name, f"a ramp of {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        except ValueError as error:
            raise _misfit(name, str(error)) from error
        return held[-1]


def _placed(error: ValidationError, phase: str) -> ValidationError:
    """The validation errors of a recipe under a phase, placed in the phase's patch."""
    mistakes = [_inside(("phases", phase, "patch"), each) for each in error.errors()]
    return ValidationError.from_exception_data("Recipe", mistakes)


def _inside(place: tuple[str, ...], mistake: ErrorDetails) -> InitErrorDetails:
    loc, given, details = (*place, *mistake["loc"]), mistake["input"], mistake.get("ctx", {})
    try:
        PydanticKnownError(mistake["type"], details)  # type: ignore[arg-type]
    except KeyError:  # a kind of our own validators
        told = PydanticCustomError("recipe", "{said}", {"said": mistake["msg"]})
        return InitErrorDetails(type=told, loc=loc, input=given)
    return InitErrorDetails(type=mistake["type"], loc=loc, input=given, ctx=details)


def _misfit(phase: str, reason: str) -> PydanticCustomError:
    return PydanticCustomError("phases", "phase '{phase}': {reason}", {"phase": phase, "reason": reason})


def _needed_by_a_schedule_over_all(old: Recipe, new: Recipe) -> str | None:
    """The first differing setting of those that fix the steps and parameter groups of a schedule."""
    pairs = {
        "optimizer": (old.optimizer, new.optimizer),
        "schedule": (old.schedule, new.schedule),
        "model.trainable": (old.model.trainable, new.model.trainable),
        "train.batch_size": (old.train.batch_size, new.train.batch_size),
        "train.accumulate": (old.train.accumulate, new.train.accumulate),
    }
    return next((name for name, (before, after) in pairs.items() if before != after), None)


def _completed(name: str, section: Any, field: FieldInfo | None) -> Any:
    """A section's mapping with the default choice's name if it has none; phases without those set to null."""
    if name == "phases" and isinstance(section, Mapping):
        return {phase: given for phase, given in section.items() if given is not None}
    default = field.get_default(call_default_factory=True) if field else None
    if isinstance(default, Component) and isinstance(section, Mapping):
        return {default.key: getattr(default, default.key), **section}
    return section
