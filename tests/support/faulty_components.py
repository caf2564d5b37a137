"""Components that each break one clause of the contract."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import ConfigDict, Field, field_serializer, field_validator, model_validator
from torch import Tensor, nn

from ablation.recipe.augment import AugmentSettings, Frame
from ablation.recipe.inference.views import ViewSettings
from ablation.recipe.loss import LossSettings
from ablation.recipe.loss import cross_entropy as plain
from ablation.recipe.mix import Mix, MixSettings
from ablation.recipe.model.backbones import Backbone, BackboneSettings
from ablation.recipe.model.heads import HeadSettings
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.schedule import ScheduleSettings
from ablation.recipe.search import UsualChoices, UsualRange, UsualSpace


class Changed(nn.Module):
    """Cross-entropy, changed."""

    def __init__(self, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.change = change

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return self.change(plain.CrossEntropyLoss(torch.ones(logits.shape[1]))(logits, target))


class Sound(LossSettings):
    """A loss without a fault, but for its card."""

    strength: float = Field(1.05, gt=0, le=2)
    """Factor of the loss, in (0, 2]."""

    def build(self, class_weights: Tensor) -> nn.Module:
        return Changed(lambda losses: self.strength * losses)


class Cardless(Sound):
    """No card: and none in the module."""


class HalfACard(Sound):
    """Half a card: it ends too soon.

    Changes     nothing.
    Helps       nobody.
    """


class Untold(Sound):
    more: float = Field(1.0, gt=0)


class Boundless(Sound):
    more: float = 1.0
    """Any number."""


class SearchesElsewhere(Sound):
    def search_space(self) -> UsualSpace:
        return {"strength": UsualRange(1.5, 2.0)}


class SearchesTooFar(Sound):
    def search_space(self) -> UsualSpace:
        return {"strength": UsualRange(0.5, 3.0)}


class SearchesOthers(Sound):
    def search_space(self) -> UsualSpace:
        return {"strength": UsualChoices((1.0, 2.0))}


class ScalesNothing(Sound):
    scaling: ClassVar[tuple[str, ...]] = ("more",)
    more: float = Field(1.0, gt=0)
    """Has no effect."""


class ChangesSomething(AugmentSettings):
    @property
    def changes_nothing(self) -> bool:
        return True

    def build(self, frame: Frame) -> Callable[[Tensor], Tensor]:
        return lambda image: 255 - image


class MixesSomething(MixSettings):
    @property
    def changes_nothing(self) -> bool:
        return True

    def build(self, classes: int) -> Mix:
        return lambda images, targets: (-images, targets)


class GrowsWithTheLoss(OptimizerSettings):
    @property
    def scale_free(self) -> bool:
        return True

    def build(self, groups: Sequence[Any], device: torch.device) -> torch.optim.Optimizer:
        return torch.optim.SGD(groups, lr=self.lr)


class IgnoresTheLoss(OptimizerSettings):
    @property
    def scale_is_rate(self) -> bool:
        return True

    def build(self, groups: Sequence[Any], device: torch.device) -> torch.optim.Optimizer:
        return torch.optim.Rprop(groups, lr=self.lr)


class Lenient(Sound):
    @field_validator("strength", mode="before")
    @classmethod
    def _whatever(cls, given: object) -> float:
        return 1.0


class BlamesNothing(Sound):
    @model_validator(mode="before")
    @classmethod
    def _refuse(cls, given: Any) -> Any:
        if given.get("strength", 1.0) != 1.0:
            raise ValueError("something is wrong")
        return given


class TakesAnyKey(Sound):
    @model_validator(mode="before")
    @classmethod
    def _drop(cls, given: Any) -> Any:
        return {key: value for key, value in given.items() if key in cls.model_fields}


class Thawed(Sound):
    model_config = ConfigDict(frozen=False)


class Rounded(Sound):
    @field_serializer("strength")
    def _rounded(self, strength: float) -> float:
        return round(strength, 1)


class Infinite(Sound):
    def build(self, class_weights: Tensor) -> nn.Module:
        return Changed(lambda losses: losses / 0)


class Averaged(Sound):
    def build(self, class_weights: Tensor) -> nn.Module:
        return Changed(lambda losses: losses.mean())


class DrawsFromNumPy(Sound):
    def build(self, class_weights: Tensor) -> nn.Module:
        return Changed(lambda losses: losses * np.random.rand())


class Draws(Sound):
    def build(self, class_weights: Tensor) -> nn.Module:
        return Changed(lambda losses: losses * torch.rand(()))


class DrawsWhenBuilt(AugmentSettings):
    def build(self, frame: Frame) -> Callable[[Tensor], Tensor]:
        shift = torch.rand(()).mul(9).byte()
        return lambda image: image + shift


class DrawsFromPython(AugmentSettings):
    def build(self, frame: Frame) -> Callable[[Tensor], Tensor]:
        return lambda image: image if random.random() < 0.5 else 255 - image


class Seeds(Sound):
    def build(self, class_weights: Tensor) -> nn.Module:
        torch.manual_seed(0)
        return super().build(class_weights)


class Counts(Sound):
    """Loses its count when a training is stopped."""

    def build(self, class_weights: Tensor) -> nn.Module:
        steps: list[int] = []
        return Changed(lambda losses: losses * (steps.append(1) or len(steps)))


class Remembers(AugmentSettings):
    def build(self, frame: Frame) -> Callable[[Tensor], Tensor]:
        seen: list[int] = []
        return lambda image: image + (seen.append(1) or len(seen))


class Crops(AugmentSettings):
    def build(self, frame: Frame) -> Callable[[Tensor], Tensor]:
        return lambda image: image[:, 1:, 1:]


class Floats(AugmentSettings):
    def build(self, frame: Frame) -> Callable[[Tensor], Tensor]:
        return lambda image: image / 255


class Unsummed(MixSettings):
    def build(self, classes: int) -> Mix:
        return lambda images, targets: (images, 2 * targets)


class FewerViews(ViewSettings):
    def views(self, images: Tensor) -> tuple[Tensor, ...]:
        return ()


class Still(OptimizerSettings):
    def build(self, groups: Sequence[dict[str, Any]], device: torch.device) -> torch.optim.Optimizer:
        return torch.optim.SGD([{**group, "lr": 0.0} for group in groups], lr=0.0)


class Resets(OptimizerSettings):
    def build(self, groups: Sequence[dict[str, Any]], device: torch.device) -> torch.optim.Optimizer:
        for group in groups:
            for weight in group["params"]:
                nn.init.zeros_(weight)
        return torch.optim.SGD(groups, lr=self.lr)


class Negative(ScheduleSettings):
    def build(self, optimizer: torch.optim.Optimizer, epochs: int, steps_per_epoch: int) -> Any:
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0 - step)


class Wide(HeadSettings):
    def build(self, features: int, classes: int) -> nn.Module:
        return nn.Linear(features, classes + 1)


class Misstated(BackboneSettings):
    def build(self, image_size: int) -> Backbone:
        return Backbone(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), features=4)


class Choosy(BackboneSettings):
    def build(self, image_size: int) -> Backbone:
        raise RuntimeError("no size will do")


class DrawsWhenJudged(HeadSettings):
    def build(self, features: int, classes: int) -> nn.Module:
        return nn.Sequential(AlwaysDrops(), nn.Linear(features, classes))


class AlwaysDrops(nn.Module):
    def forward(self, given: Tensor) -> Tensor:
        return nn.functional.dropout(given, 0.5, training=True)


class Leaks(Sound):
    """Leaves its mark on the loss of every training after it."""

    def build(self, class_weights: Tensor) -> nn.Module:
        plain.CrossEntropy.build = lambda self, weights: plain.CrossEntropyLoss(0.5 * weights)
        return super().build(class_weights)
