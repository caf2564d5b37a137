from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from ablation.recipe.component import choices, families
from ablation.recipe.loss import LossSettings
from ablation.recipe.loss.cross_entropy import CrossEntropy
from ablation.recipe.loss.focal import Focal
from ablation.recipe.model.backbones import BackboneSettings
from ablation.recipe.model.backbones.timm import TimmClassifier
from ablation.recipe.settings import Settings


class Holder(Settings):
    """A section in a recipe."""

    loss: LossSettings
    """The component."""


OWN_LOSS = """
from ablation.recipe.loss import LossSettings


class PolyLoss(LossSettings):
    name: str
    epsilon: float = 1.0

    def build(self, class_weights):
        raise NotImplementedError


class NoLoss:
    pass
"""


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"own_losses_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(OWN_LOSS)
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def refusal(given: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Holder.model_validate({"loss": given})
    return str(caught.value)


def test_the_files_of_the_folder_are_the_choices_in_the_order_of_their_names() -> None:
    found = choices(LossSettings)
    assert {"cross_entropy": CrossEntropy, "focal": Focal}.items() <= found.items()
    assert list(found) == sorted(found, key=lambda name: found[name].__module__)
    assert all(name in known.names() for name, known in found.items())


@pytest.mark.parametrize("given", ["focal", {"name": "focal"}, {"name": "focal", "gamma": 2.0}, Focal()])
def test_a_bare_name_a_mapping_and_made_settings_mean_the_same(given: object) -> None:
    assert Holder.model_validate({"loss": given}).loss == Focal()


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    assert "did you mean 'focal'?" in refusal("foccal")


def test_a_name_like_none_is_answered_with_all_that_are_known() -> None:
    assert "cross_entropy, focal" in refusal("zzz")


@pytest.mark.parametrize("given", [3, None, ["focal"]])
def test_what_is_neither_a_name_nor_a_mapping_is_refused(given: object) -> None:
    assert "must be a name or a mapping" in refusal(given)


@pytest.mark.parametrize("given", [{}, {"gamma": 2.0}, {"name": 3}])
def test_a_mapping_without_the_key_is_reported_with_the_key_and_the_names(given: object) -> None:
    message = refusal(given)
    assert "needs the key 'name'" in message
    assert "focal" in message


def test_a_bad_value_is_placed_under_its_section_and_setting() -> None:
    with pytest.raises(ValidationError) as caught:
        Holder.model_validate({"loss": {"name": "focal", "gamma": -1}})
    assert caught.value.errors()[0]["loc"] == ("loss", "gamma")


def test_an_unknown_setting_is_refused() -> None:
    assert "gama" in refusal({"name": "focal", "gama": 1})


def test_settings_survive_json_and_back() -> None:
    held = Holder.model_validate({"loss": {"name": "focal", "alpha": [0.1, 0.9]}})
    assert Holder.model_validate_json(held.model_dump_json()) == held
    assert held.model_dump()["loss"]["alpha"] == (0.1, 0.9)


def test_a_component_outside_the_package_is_named_by_import_path(own_module: str) -> None:
    loss = Holder.model_validate({"loss": {"name": f"{own_module}:PolyLoss", "epsilon": 2.0}}).loss
    assert isinstance(loss, LossSettings)
    assert type(loss).__name__ == "PolyLoss"
    assert loss.model_dump() == {"name": f"{own_module}:PolyLoss", "epsilon": 2.0}


def test_a_users_own_component_is_no_choice_of_the_package(own_module: str) -> None:
    Holder.model_validate({"loss": f"{own_module}:PolyLoss"})
    choices.cache_clear()
    assert "PolyLoss" not in {known.__name__ for known in choices(LossSettings).values()}


def test_an_import_path_that_leads_nowhere_or_elsewhere_is_refused(own_module: str) -> None:
    assert "cannot import 'no_such_module:Loss'" in refusal("no_such_module:Loss")
    assert "cannot import" in refusal(f"{own_module}:Missing")
    assert "is no subclass of LossSettings" in refusal(f"{own_module}:NoLoss")


def test_a_prefix_that_a_component_claims_is_no_import_path() -> None:
    assert families(BackboneSettings) == {"timm": TimmClassifier}
    with pytest.raises(ValidationError) as caught:
        BackboneSettings.choose("timm:nonsense")
    assert caught.value.errors()[0]["loc"] == ("name",)
    assert "cannot import" not in str(caught.value)


def test_the_prefix_of_one_section_is_an_import_path_in_another() -> None:
    assert "cannot import 'timm:resnet18'" in refusal("timm:resnet18") or "is no subclass" in refusal("timm:resnet18")


def test_the_json_schema_offers_bare_names_and_every_components_settings() -> None:
    bare, *full, _, _ = Holder.model_json_schema()["properties"]["loss"]["anyOf"]
    known = choices(LossSettings)
    assert bare == {"enum": list(known), "type": "string"}
    assert [each["title"] for each in full] == [each.__name__ for each in known.values()]
    focal = next(each for each in full if each["title"] == "Focal")
    assert focal["properties"]["gamma"]["description"].startswith("Focusing strength")


def test_the_json_schema_lets_an_import_path_pass() -> None:
    *_, path, own = Holder.model_json_schema()["properties"]["loss"]["anyOf"]
    assert path == {"pattern": ":", "type": "string"}
    assert own == {"type": "object", "properties": {"name": path}, "required": ["name"]}


def test_a_component_knows_the_base_of_its_section() -> None:
    assert Focal.section_base() is LossSettings
    assert type("Own", (Focal,), {"__doc__": "Own."}).section_base() is LossSettings
