from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from ablation.recipe.augment import AugmentSettings
from ablation.recipe.component import Component, choices
from ablation.recipe.data import DataSettings
from ablation.recipe.inference.views import ViewSettings
from ablation.recipe.loss import LossSettings
from ablation.recipe.mix import MixSettings
from ablation.recipe.model.backbones import BackboneSettings
from ablation.recipe.model.heads import HeadSettings
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.recipe import Recipe
from ablation.recipe.schedule import ScheduleSettings
from ablation.recipe.settings import Settings
from ablation.recipe.train import TrainSettings

SECTIONS: tuple[type[Component], ...] = (
    AugmentSettings,
    BackboneSettings,
    DataSettings,
    HeadSettings,
    LossSettings,
    MixSettings,
    OptimizerSettings,
    ScheduleSettings,
    ViewSettings,
)


def recipe(**sections: Any) -> Recipe:
    return Recipe.model_validate({"data": "digits", **sections})


def settings_classes() -> Iterator[type[BaseModel]]:
    yield Recipe
    yield from (type(getattr(recipe(), name)) for name in Recipe.model_fields)
    for section in SECTIONS:
        yield from dict.fromkeys(choices(section).values())


def test_only_data_has_no_default() -> None:
    assert [name for name, field in Recipe.model_fields.items() if field.is_required()] == ["data"]
    assert recipe() == Recipe.model_validate({"data": {"source": "digits"}})


def test_a_section_without_a_name_is_its_default_choice() -> None:
    assert recipe(loss={"label_smoothing": 0.1}) == recipe(loss={"name": "cross_entropy", "label_smoothing": 0.1})
    assert recipe(optimizer={"lr": 0.5}).optimizer.lr == 0.5


def test_equal_recipes_are_one_key_whatever_the_way_they_were_written() -> None:
    one = recipe(loss={"name": "focal"}, inference={"tta": ["identity"]})
    other = recipe(loss="focal", inference={"tta": [{"name": "identity"}]})
    assert one == other
    assert len({one, other}) == 1
    assert one != recipe()


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        recipe().train.epochs = 3  # type: ignore[misc]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_component_survives_json_and_back_inside_its_section(section: type[Component]) -> None:
    for name, chosen in list(choices(section).items())[:20]:
        required = {key: "CIFAR10" for key, field in chosen.model_fields.items() if field.is_required()}
        made = section.choose(required | {section.key: name})
        assert section.choose(made.model_dump(mode="json")) == made


def test_a_recipe_survives_json_and_back() -> None:
    whole = recipe(
        model={"backbone": "small_cnn", "head": "bn_mlp"},
        loss={"name": "focal", "alpha": [0.5, 1.5]},
        augment="enhanced",
        mix="mixup_or_cutmix",
        schedule="onecycle",
        inference={"tta": ["identity", "shift"]},
    )
    assert Recipe.model_validate_json(whole.model_dump_json()) == whole


@pytest.mark.parametrize("settings", list(dict.fromkeys(settings_classes())))
def test_every_setting_is_documented(settings: type[BaseModel]) -> None:
    keys = {"name", "source"}
    assert [name for name, field in settings.model_fields.items() if name not in keys and not field.description] == []


@pytest.mark.parametrize(
    "given",
    [
        {"train": {"epochs": True}},
        {"loss": {"name": "focal", "gamma": False}},
        {"loss": {"name": "focal", "alpha": [True, 1.0]}},
        {"data": {"source": "digits", "limit": True}},
        {"optimizer": {"betas": [0.9, True]}},
        {"augment": {"name": "enhanced", "autoaugment": True}},
    ],
)
def test_true_and_false_are_no_numbers(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"(true|false) has no meaning here"):
        recipe(**given)


def test_true_and_false_are_taken_where_they_are_meant() -> None:
    assert recipe(train={"deterministic": True}).train.deterministic is True

    class Open(Settings):
        flag: bool | None = None
        anything: Any = None

    assert Open(flag=False, anything=True) == Open.model_validate({"flag": False, "anything": True})


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_are_finite(number: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        TrainSettings.model_validate({"clip_norm": number})
