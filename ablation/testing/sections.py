"""The sections of components: how a component is built and used, and its place in a recipe."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from ablation.recipe.augment import AugmentSettings
from ablation.recipe.component import Component, choices
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.inference.views import ViewSettings
from ablation.recipe.loss import LossSettings
from ablation.recipe.mix import MixSettings
from ablation.recipe.model.backbones import BackboneSettings
from ablation.recipe.model.heads import HeadSettings
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.phases import nested
from ablation.recipe.schedule import ScheduleSettings
from ablation.testing import uses
from ablation.testing.uses import CLASSES, FEATURES, FRAME


@dataclass(frozen=True)
class Section:
    """A section of components. Data sources have none: they need files, and have a contract of their own.

    Args:
        base: base class of its settings classes.
        build: builds a component from its settings.
        use: uses what was built as the core does, checks the shapes, and returns the resulting numbers.
        place: dotted path of the recipe's setting that names the component; None if a recipe has none.
        draws: whether it may draw from torch's generator: never, when it is used, or when it is built too.
        stream: the stream of a component's draws, the only one whose draws the component may change.
    """

    base: type[Component]
    build: Callable[[Any], Any]
    use: Callable[[Any], Tensor]
    place: str | None
    draws: Literal["never", "in use", "always"] = "never"
    stream: Literal["init", "augment", "mix"] | None = None

    @property
    def components(self) -> tuple[type[Component], ...]:
        """The components in the section's folder."""
        return tuple(dict.fromkeys(choices(self.base).values()))

    def patch(self, settings: Component) -> dict[str, Any]:
        """The patch of a recipe that switches a component on."""
        assert self.place is not None
        plain = settings.model_dump(mode="json")
        return nested(self.place, [plain] if self.base is ViewSettings else plain)


SECTIONS = (
    Section(
        AugmentSettings,
        lambda settings: settings.build(FRAME),
        uses.augmented,
        "augment",
        draws="in use",
        stream="augment",
    ),
    Section(BackboneSettings, uses.backbone_built, uses.backbone_used, "model.backbone", draws="always", stream="init"),
    Section(CorruptionSettings, lambda settings: settings.build(), uses.changed, None, draws="in use"),
    Section(
        HeadSettings,
        lambda settings: settings.build(FEATURES, CLASSES),
        uses.head_used,
        "model.head",
        draws="always",
        stream="init",
    ),
    Section(LossSettings, lambda settings: settings.build(torch.ones(CLASSES)), uses.charged, "loss"),
    Section(MixSettings, lambda settings: settings.build(CLASSES), uses.mixed, "mix", draws="in use", stream="mix"),
    Section(OptimizerSettings, uses.optimizer_built, uses.stepped, "optimizer"),
    Section(ScheduleSettings, uses.schedule_built, uses.scheduled, "schedule"),
    Section(ViewSettings, lambda settings: settings, uses.seen, "inference.tta"),
)


def section_of(component: type[Component]) -> Section:
    """The section of a component; ``LookupError`` if it belongs to none."""
    for section in SECTIONS:
        if issubclass(component, section.base):
            return section
    raise LookupError(f"{component.__name__} is a subclass of none of {', '.join(s.base.__name__ for s in SECTIONS)}")


def discovered() -> Sequence[type[Component]]:
    """Every component of the package except the sources of data, which ``DataSourceContract`` tests."""
    return [component for section in SECTIONS for component in section.components]
