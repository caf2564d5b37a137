from __future__ import annotations

import pytest

from ablation.errors import UserError
from ablation.experiment.config.setting_paths import (
    component_key,
    declared_settings,
    has_setting,
    is_part,
    part_of,
    parts_first,
    patch_of,
    with_values,
)
from ablation.recipe.merge import flattened
from ablation.recipe.recipe import Recipe

RECIPE = Recipe.model_validate({"data": {"source": "digits"}, "loss": {"name": "focal", "gamma": 3.0}})


def test_every_setting_of_a_recipe_is_found_by_its_path() -> None:
    paths = [path for path, value in flattened(RECIPE.model_dump()).items() if value is not None]
    assert all(has_setting(RECIPE, path) for path in paths if not path.startswith("phases"))
    assert {path for path in paths if not path.startswith("phases")} <= set(declared_settings())
    assert not has_setting(RECIPE, "loss.poly")
    assert not has_setting(RECIPE, "optimizer.lr.low")


def test_new_values_replace_only_the_settings_named() -> None:
    changed = with_values(RECIPE, {"loss.gamma": 1.0, "optimizer.lr": 0.5})
    assert (changed.loss.model_dump()["gamma"], changed.optimizer.lr) == (1.0, 0.5)
    assert with_values(changed, {"loss.gamma": 3.0, "optimizer.lr": RECIPE.optimizer.lr}) == RECIPE


def test_an_invalid_value_is_refused_with_its_path() -> None:
    with pytest.raises(UserError, match=r"loss\.gamma: must be"):
        with_values(RECIPE, {"loss.gamma": -1})


def test_components_come_before_the_settings_they_hold() -> None:
    assert parts_first(["loss.gamma", "model.backbone", "optimizer.lr", "loss"]) == [
        "loss",
        "model.backbone",
        "loss.gamma",
        "optimizer.lr",
    ]
    assert patch_of({"loss.gamma": 1, "loss": "focal"}) == {"loss": {"name": "focal", "gamma": 1}}


def test_a_component_is_chosen_by_its_name_or_source() -> None:
    assert (component_key("loss"), component_key("data"), component_key("loss.gamma")) == ("name", "source", None)
    assert (part_of("loss.name"), part_of("loss.gamma")) == ("loss", "loss.gamma")
    assert is_part("loss.name")
    assert not is_part("loss.gamma")
