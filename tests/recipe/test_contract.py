"""What every component owes, checked for all that the folders hold, so that none can be forgotten."""

from __future__ import annotations

import importlib
import pkgutil
import random
import sys
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import annotated_types
import numpy as np
import pytest
import torch
import yaml
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from torch import Tensor, nn

import ablation.recipe
from ablation.recipe.augment import AugmentSettings, Frame
from ablation.recipe.component import Component, choices
from ablation.recipe.inference.views import ViewSettings
from ablation.recipe.loss import LossSettings
from ablation.recipe.mix import MixSettings
from ablation.recipe.model.backbones import BackboneSettings
from ablation.recipe.model.heads import HeadSettings
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.schedule import ScheduleSettings

SIDE, CLASSES, BATCH = 64, 4, 6
IMAGES = torch.randint(0, 256, (BATCH, 3, SIDE, SIDE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
NORMAL = IMAGES.float() / 128 - 1
TARGETS = torch.eye(CLASSES)[torch.arange(BATCH) % CLASSES]
CARD = ("Changes", "Helps", "Collides", "Cost", "Asked by", "Source")


def steps_taken(optimizer: torch.optim.Optimizer, schedule: Any = None) -> Tensor:
    weight = optimizer.param_groups[0]["params"][0]
    for _ in range(4):
        weight.grad = torch.randn_like(weight)
        optimizer.step()
        if schedule is not None:
            schedule.step()
    return weight.detach()


def optimized(settings: OptimizerSettings) -> Tensor:
    return steps_taken(settings.build([nn.Parameter(torch.ones(3))], torch.device("cpu")))


def scheduled(settings: ScheduleSettings) -> Tensor:
    optimizer = torch.optim.AdamW([nn.Parameter(torch.ones(3))], lr=0.1)
    return steps_taken(optimizer, settings.build(optimizer, epochs=2, steps_per_epoch=2))


USES: dict[type[Component], Callable[[Any], Tensor]] = {
    AugmentSettings: lambda settings: torch.stack(
        [settings.build(Frame(SIDE, (1, 2, 3)))(image).float() for image in IMAGES]
    ),
    BackboneSettings: lambda settings: settings.build(SIDE)(NORMAL),
    HeadSettings: lambda settings: settings.build(8, CLASSES)(torch.ones(BATCH, 8)),
    LossSettings: lambda settings: settings.build(torch.ones(CLASSES))(torch.zeros(BATCH, CLASSES), TARGETS),
    MixSettings: lambda settings: torch.cat([each.flatten() for each in settings.build(CLASSES)(NORMAL, TARGETS)]),
    OptimizerSettings: optimized,
    ScheduleSettings: scheduled,
    ViewSettings: lambda settings: torch.stack(settings.views(NORMAL)),
}
"""How a component of each section is put to use; what comes out are its numbers."""

ELSEWHERE = {"DataSettings"}
"""Sources of images need files: their own tests put them to use."""

KNOWN = [known for base in USES for known in dict.fromkeys(choices(base).values())]
every_component = pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.__name__)


def section(known: type[Component]) -> type[Component]:
    return next(base for base in USES if issubclass(known, base))


def use(settings: Component) -> Tensor:
    return USES[section(type(settings))](settings)


def test_no_section_is_forgotten() -> None:
    for module in pkgutil.walk_packages(ablation.recipe.__path__, "ablation.recipe."):
        importlib.import_module(module.name)
    bases = {base for base in Component.__subclasses__() if base.__module__.startswith("ablation.")}
    assert {base.__name__ for base in bases} == {base.__name__ for base in USES} | ELSEWHERE


@pytest.mark.parametrize("base", USES, ids=lambda base: base.__name__)
def test_no_two_components_of_a_section_share_a_name(base: type[Component]) -> None:
    names = [name for known in dict.fromkeys(choices(base).values()) for name in known.names()]
    assert len(names) == len(set(names))


@every_component
def test_the_card_has_its_parts_in_their_order(known: type[Component]) -> None:
    lines = (sys.modules[known.__module__].__doc__ or "").splitlines()
    assert [line[:12].strip() for line in lines if line.startswith(CARD)] == list(CARD)
    assert all(line[12:].strip() for line in lines if line.startswith(CARD))
    assert lines[0].endswith(".")
    assert ":" in lines[0]


@every_component
def test_every_setting_is_described_and_every_class_too(known: type[Component]) -> None:
    described = {name: field.description for name, field in known.model_fields.items() if name != known.key}
    assert all(described.values()), described
    assert known.__doc__


@every_component
def test_the_defaults_build_and_their_numbers_are_finite_and_follow_torchs_generator_alone(
    known: type[Component],
) -> None:
    others = random.getstate(), np.random.get_state()[1].tolist()
    found = []
    for _ in range(2):
        torch.manual_seed(1)
        found.append(use(known()))
    assert torch.isfinite(found[0]).all()
    assert torch.equal(found[0], found[1])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == others


@every_component
def test_settings_survive_yaml_and_json_and_back(known: type[Component]) -> None:
    settings = known()
    plain = settings.model_dump(mode="json")
    assert section(known).choose(yaml.safe_load(yaml.safe_dump(plain))) == settings
    assert known.model_validate_json(settings.model_dump_json()) == settings
    assert section(known).choose(plain[known.key]) == settings
    assert hash(settings) == hash(known())


def field_cases() -> Iterator[Any]:
    for known in KNOWN:
        for name, field in known.model_fields.items():
            for value in (object(), "nonsense", *outside(field)):
                yield pytest.param(known, name, value, id=f"{known.__name__}-{name}-{str(value)[:12]}")


def outside(field: FieldInfo) -> Iterator[object]:
    """Numbers just outside the bounds that a setting declares, and those that are none."""
    metadata = [*field.metadata, *typing.get_args(Annotated[field.annotation, None])[1:]]
    for bound in metadata:
        if isinstance(bound, annotated_types.Ge):
            yield bound.ge - 1  # type: ignore[operator]
        if isinstance(bound, annotated_types.Gt):
            yield bound.gt
        if isinstance(bound, annotated_types.Le):
            yield bound.le + 1  # type: ignore[operator]
        if isinstance(bound, annotated_types.Lt):
            yield bound.lt
    if field.annotation in (int, float):
        yield from (float("nan"), float("inf"))


@pytest.mark.parametrize(("known", "name", "value"), list(field_cases()))
def test_a_bad_value_is_refused_under_the_settings_name(known: type[Component], name: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        known.model_validate({name: value})
    assert {error["loc"][0] for error in caught.value.errors()} == {name}


@every_component
def test_every_number_has_bounds(known: type[Component]) -> None:
    for name, field in known.model_fields.items():
        if field.annotation in (int, float):
            assert field.metadata, f"{known.__name__}.{name} takes any number"


@every_component
def test_an_unknown_setting_is_refused_under_its_name(known: type[Component]) -> None:
    with pytest.raises(ValidationError, match="no_such_setting"):
        known.model_validate({"no_such_setting": 1})


@every_component
def test_settings_cannot_be_changed_once_made(known: type[Component]) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(known(), known.key, "other")


@every_component
def test_a_component_is_chosen_by_a_name_it_lists(known: type[Component]) -> None:
    annotation = known.model_fields[known.key].annotation
    literal = typing.get_origin(annotation) is Literal
    assert known.names() == typing.get_args(annotation) if literal else getattr(known(), known.key) in known.names()
