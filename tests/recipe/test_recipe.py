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
from ablation.recipe.phases import Phase, Ramp, Start
from ablation.recipe.recipe import Recipe
from ablation.recipe.schedule import ScheduleSettings
from ablation.recipe.settings import Settings
from ablation.recipe.train import EMA, EarlyStopping, TrainSettings

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
    yield from (type(getattr(recipe(), name)) for name in Recipe.model_fields if name != "phases")
    yield from (Phase, Start, Ramp, EMA, EarlyStopping)
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


def phased(*phases: dict[str, Any], **sections: Any) -> Recipe:
    return recipe(**{"train": {"epochs": 8}, "phases": dict(zip("abc", phases, strict=False)), **sections})


SMOOTHER = {"loss": {"label_smoothing": 0.1}}
OVER_ALL = {"schedule": {"name": "cosine", "span": "all"}}


def test_phases_go_by_their_earliest_epochs_and_then_their_names() -> None:
    found = phased({"start": 3, "patch": SMOOTHER}, {"start": 1, "patch": SMOOTHER}, {"start": 3, "patch": SMOOTHER})
    assert found.phase_names == ("b", "a", "c")


def test_null_takes_a_phase_away() -> None:
    kept = {"start": 1, "patch": SMOOTHER}
    assert recipe(phases={"gone": None, "kept": kept}) == recipe(phases={"kept": kept})
    assert recipe(phases={"gone": None}) == recipe() == recipe(phases={})


def test_a_recipe_in_phases_survives_json_and_back_and_is_one_key() -> None:
    ramp = {"model.head.dropout": {"to": 0.5, "epochs": 3}}
    whole = phased({"start": {"epoch": 2, "above": 50}, "patch": SMOOTHER, "ramp": ramp})
    again = Recipe.model_validate_json(whole.model_dump_json())
    assert again == whole
    assert len({again, whole, phased()}) == 2


@pytest.mark.parametrize("epoch", [8, 9])
def test_a_phase_that_starts_after_the_end_is_refused_with_its_name(epoch: int) -> None:
    with pytest.raises(ValidationError, match=f"phase 'a': starts at epoch {epoch}, but train.epochs is 8"):
        phased({"start": epoch, "patch": SMOOTHER})
    phased({"start": 7, "patch": SMOOTHER})


@pytest.mark.parametrize(
    ("phase", "message"),
    [
        ({"patch": {"loss": {"label_smoothin": 0.1}}}, r"phases\.a\.patch\.loss\n.*label_smoothing"),
        ({"patch": {"loss": {"label_smoothing": 1.5}}}, r"phases\.a\.patch\.loss\.label_smoothing"),
        ({"patch": {"model": {"backbone": "no_such_net"}}}, r"phases\.a\.patch\.model\.backbone"),
        ({"ramp": {"loss.name": {"to": 1, "epochs": 2}}}, "phase 'a': loss.name is no number"),
        ({"ramp": {"loss.gamma": {"to": 1, "epochs": 2}}}, "phase 'a': loss.gamma is no number"),
        ({"ramp": {"model.trainable": {"to": 2, "epochs": 2}}}, "model.trainable"),
    ],
    ids=str,
)
def test_a_phase_that_gives_no_recipe_is_refused_with_its_name(phase: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        phased({"start": 2, **phase})


@pytest.mark.parametrize(("to", "epochs"), [(1.5, 10), (-0.5, 2), (1.0, 3)])
def test_a_ramp_that_leaves_the_bounds_on_its_way_is_refused_before_anything_trains(to: float, epochs: int) -> None:
    with pytest.raises(ValidationError, match="phase 'a'"):
        phased({"start": 2, "ramp": {"loss.label_smoothing": {"to": to, "epochs": epochs}}})


def test_what_is_trained_cannot_be_ramped() -> None:
    with pytest.raises(ValidationError, match=r"a ramp cannot move model\.trainable"):
        phased({"start": 2, "ramp": {"model.trainable": {"to": 3, "epochs": 2}}}, model={"trainable": 1})


def test_a_later_phase_is_checked_on_top_of_the_one_before_it() -> None:
    focal, gamma = {"start": 2, "patch": {"loss": {"name": "focal"}}}, {"loss": {"gamma": 3.0}}
    phased(focal, {"start": 3, "patch": gamma})
    with pytest.raises(ValidationError, match=r"phases\.b\.patch\.loss\n.*gamma"):
        phased({"start": 4, "patch": focal["patch"]}, {"start": 3, "patch": gamma})


@pytest.mark.parametrize(
    ("patch", "setting"),
    [
        ({"optimizer": {"lr": 1e-4}}, "optimizer"),
        ({"optimizer": {"name": "sgd"}}, "optimizer"),
        ({"schedule": {"end": 0.1}}, "schedule"),
        ({"model": {"trainable": "head"}}, "model.trainable"),
        ({"train": {"batch_size": 16}}, "train.batch_size"),
        ({"train": {"accumulate": 2}}, "train.accumulate"),
    ],
    ids=str,
)
def test_a_schedule_over_all_allows_no_change_of_what_it_was_made_for(patch: dict[str, Any], setting: str) -> None:
    with pytest.raises(ValidationError, match=f"phase 'a': cannot change {setting} under a schedule with span: all"):
        phased({"start": 2, "patch": patch}, **OVER_ALL)
    phased({"start": 2, "patch": patch}, schedule="cosine")


def test_a_schedule_over_all_allows_the_rest() -> None:
    phased({"start": 2, "patch": {**SMOOTHER, "data": {"image_size": 16}, "train": {"clip_norm": 1.0}}}, **OVER_ALL)


def test_a_schedule_over_all_allows_no_fresh_optimizer() -> None:
    with pytest.raises(ValidationError, match="optimizer_state"):
        phased({"start": 2, "patch": SMOOTHER, "optimizer_state": "fresh"}, **OVER_ALL)
