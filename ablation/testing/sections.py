"""The sections of components: how a component is built and used, and its place in a recipe."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from ablation.recipe.augment import AugmentSettings, Frame
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
from ablation.testing import claims, uses
from ablation.testing.augmenting import augmented


@dataclass(frozen=True)
class Section:
    """A section of components. Data sources have none: they need files, and have a contract of their own.

    Args:
        base: base class of its settings classes.
        build: builds a component from its settings.
        use: uses what was built as the core does, checks the shapes, and returns the resulting numbers.
        place: dotted path of the recipe's setting that names the component; None if a recipe has none.
        draws_in_building, draws_in_use: whether it may draw from torch's generator then.
        stream: the stream of a component's draws, the only one whose draws the component may change.
        claims: checks what a component's settings claim of what they build.
    """

    base: type[Component]
    build: Callable[[Any], Any]
    use: Callable[[Any], Tensor]
    place: str | None
    draws_in_building: bool = False
    draws_in_use: bool = False
    stream: Literal["init", "augment", "mix"] | None = None
    claims: Callable[[Any], None] = claims.check_nothing

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
        build=lambda settings: settings.build(Frame(uses.SIDE, (1, 2, 3))),
        use=augmented,
        place="augment",
        draws_in_use=True,
        stream="augment",
        claims=claims.check_augmentation,
    ),
    Section(
        BackboneSettings,
        build=uses.backbone_built,
        use=uses.backbone_used,
        place="model.backbone",
        draws_in_building=True,
        draws_in_use=True,
        stream="init",
    ),
    Section(
        CorruptionSettings,
        build=lambda settings: settings.build(),
        use=uses.changed,
        place=None,
        draws_in_use=True,
    ),
    Section(
        HeadSettings,
        build=lambda settings: settings.build(uses.FEATURES, uses.CLASSES),
        use=uses.head_used,
        place="model.head",
        draws_in_building=True,
        draws_in_use=True,
        stream="init",
    ),
    Section(
        LossSettings,
        build=lambda settings: settings.build(torch.ones(uses.CLASSES)),
        use=uses.charged,
        place="loss",
        claims=claims.check_loss,
    ),
    Section(
        MixSettings,
        build=lambda settings: settings.build(uses.CLASSES),
        use=uses.mixed,
        place="mix",
        draws_in_use=True,
        stream="mix",
        claims=claims.check_mix,
    ),
    Section(
        OptimizerSettings,
        build=uses.optimizer_built,
        use=uses.stepped,
        place="optimizer",
        claims=claims.check_optimizer,
    ),
    Section(ScheduleSettings, build=uses.schedule_built, use=uses.scheduled, place="schedule"),
    Section(ViewSettings, build=lambda settings: settings, use=uses.seen, place="inference.tta"),
)
"""All sections."""


def section_of(component: type[Component]) -> Section:
    """The section of a component.

    Raises:
        LookupError: it belongs to none.
    """
    for section in SECTIONS:
        if issubclass(component, section.base):
            return section
    raise LookupError(f"{component.__name__} is a subclass of none of {', '.join(s.base.__name__ for s in SECTIONS)}")


def discovered() -> Sequence[type[Component]]:
    """Every component of the package except the sources of data, which ``DataSourceContract`` tests."""
    return [component for section in SECTIONS for component in section.components]
