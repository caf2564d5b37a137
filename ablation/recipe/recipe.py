"""The recipe: every setting that decides the outcome of one training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator
from pydantic.fields import FieldInfo

from ablation.recipe.augment import AugmentSettings
from ablation.recipe.augment.none import NoAugment
from ablation.recipe.balance import BalanceSettings
from ablation.recipe.component import Component
from ablation.recipe.data import DataSettings
from ablation.recipe.inference import InferenceSettings
from ablation.recipe.loss import LossSettings
from ablation.recipe.loss.cross_entropy import CrossEntropy
from ablation.recipe.mix import MixSettings
from ablation.recipe.mix.none import NoMix
from ablation.recipe.model import ModelSettings
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.optimizer.adamw import AdamW
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
    """What a prediction is charged for."""
    augment: AugmentSettings = Field(default_factory=NoAugment)
    """Random changes to each training image."""
    mix: MixSettings = Field(default_factory=NoMix)
    """Mixtures of the images of a training batch."""
    balance: BalanceSettings = BalanceSettings()
    """What is done about unequal classes."""
    optimizer: OptimizerSettings = Field(default_factory=AdamW)
    """How gradients become steps."""
    schedule: ScheduleSettings = Field(default_factory=Constant)
    """How the learning rate moves during training."""
    train: TrainSettings = TrainSettings()
    """Length, batches and precision."""
    inference: InferenceSettings = InferenceSettings()
    """How predictions are made; no part of the training's identity."""

    @model_validator(mode="before")
    @classmethod
    def _default_choices(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {name: _named(section, cls.model_fields.get(name)) for name, section in given.items()}


def _named(section: Any, field: FieldInfo | None) -> Any:
    """A section's mapping with the name of the default choice, where it gives none."""
    default = field.get_default(call_default_factory=True) if field else None
    if isinstance(default, Component) and isinstance(section, Mapping):
        return {default.key: getattr(default, default.key), **section}
    return section
