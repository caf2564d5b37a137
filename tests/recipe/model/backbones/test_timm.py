from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file

from ablation.errors import UserError
from ablation.recipe.component import choices
from ablation.recipe.model import ModelSettings, build_model
from ablation.recipe.model.backbones import BackboneSettings
from ablation.recipe.model.backbones import timm as component
from ablation.recipe.model.backbones.timm import TimmClassifier

timm = pytest.importorskip("timm")

SMALL = ("test_resnet", "test_efficientnet", "test_convnext", "test_vit")


def settings(**given: Any) -> ModelSettings:
    return ModelSettings.model_validate({"backbone": "timm:test_resnet", **given})


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "timm" else find(name, *rest))
    component._known.cache_clear()
    choices.cache_clear()


@pytest.mark.parametrize("given", ["timm:test_vit", {"name": "timm:test_vit"}])
def test_a_bare_name_and_a_mapping_choose_it(given: object) -> None:
    assert settings(backbone=given).backbone == TimmClassifier(name="timm:test_vit")


LARGER = ("mobilenetv3_small_050", "deit_tiny_distilled_patch16_224", "hgnet_tiny", "levit_128")


@pytest.mark.parametrize("name", [*SMALL, *(pytest.param(name, marks=pytest.mark.slow) for name in LARGER)])
def test_a_model_of_timm_gives_one_logit_a_class(name: str) -> None:
    with torch.device("meta"):
        model = build_model(settings(backbone=f"timm:{name}"), classes=7, image_size=64)
        assert model(torch.zeros(2, 3, 64, 64)).shape == (2, 7)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_with_the_original_classifier_it_is_the_original(name: str, suffix: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    original, file = timm.create_model(name, num_classes=5).eval(), tmp_path / f"w.{suffix}"
    save_file(original.state_dict(), file) if suffix == "safetensors" else torch.save(original.state_dict(), file)
    model = build_model(settings(backbone=f"timm:{name}", weights=str(file)), classes=3, image_size=160).eval()
    images = torch.randn(2, 3, 160, 160)
    torch.testing.assert_close(original.get_classifier()(model.backbone(images)), original(images))


def test_the_weights_of_a_finished_training_start_another(tmp_path: Path) -> None:
    first = build_model(settings(), classes=4, image_size=32)
    save_file(first.state_dict(), tmp_path / "first.safetensors")
    second = build_model(settings(weights=str(tmp_path / "first.safetensors")), classes=9, image_size=32)
    for key, value in first.backbone.state_dict().items():
        assert torch.equal(value, second.backbone.state_dict()[key])


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    torch.save(timm.create_model("test_efficientnet").state_dict(), tmp_path / "w.pth")
    with pytest.raises(UserError, match="these are no weights of timm:test_resnet"):
        build_model(settings(weights=str(tmp_path / "w.pth")), classes=3, image_size=32)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValidationError, match="did you mean 'timm:resnet10t'"):
        settings(backbone="timm:resnet_10t")


def test_a_name_may_carry_the_tag_of_its_weights() -> None:
    assert settings(backbone="timm:test_vit.r160_in1k", weights="pretrained").weights == "pretrained"
    with pytest.raises(ValidationError, match=r"did you mean 'timm:test_vit\.r160_in1k'"):
        settings(backbone="timm:test_vit.r160_in2k")


def test_unknown_weights_are_refused() -> None:
    with pytest.raises(ValidationError, match="known: none, pretrained"):
        settings(weights="IMAGENET1K_V1")
    unpublished = next(name for name in timm.list_models() if not timm.models.is_model_pretrained(name))
    with pytest.raises(ValidationError, match="has no weights 'pretrained'"):
        settings(backbone=f"timm:{unpublished}", weights="pretrained")


def test_published_weights_are_loaded_by_timm_and_draw_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    published, create = timm.create_model("test_resnet", num_classes=0), timm.create_model
    monkeypatch.setattr(timm, "create_model", lambda *a, pretrained, **k: published if pretrained else create(*a, **k))
    heads = []
    for weights in ("none", "pretrained"):
        torch.manual_seed(0)
        model = build_model(settings(weights=weights), classes=3, image_size=32)
        heads.append(model.head[1].weight)  # type: ignore[index]
    assert torch.equal(model.backbone.body.conv1[0].weight, published.conv1[0].weight)
    assert torch.equal(heads[0], heads[1])


def test_without_network_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    create = timm.create_model

    def offline(*args: Any, pretrained: bool, **kwargs: Any) -> Any:
        if pretrained:
            raise FileNotFoundError("cannot find the requested files")  # what huggingface_hub's error is
        return create(*args, **kwargs)

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(UserError, match="cannot download pretrained of timm:test_resnet") as caught:
        build_model(settings(weights="pretrained"), classes=3, image_size=32)
    assert "path of a file" in caught.value.remedy


def test_an_image_size_that_does_not_fit_is_refused_with_timms_reason() -> None:
    with pytest.raises(UserError, match=r"timm:maxvit_nano_rw_256 cannot take images of 50 px \(.+\)") as caught:
        TimmClassifier(name="timm:maxvit_nano_rw_256").build(50)
    assert caught.value.place == "data.image_size"


@pytest.mark.usefixtures("not_installed")
def test_without_timm_the_error_says_how_to_install_it() -> None:
    with pytest.raises(ValidationError, match=r"timm is not installed; pip install 'ablation\[timm\]'"):
        settings()


@pytest.mark.usefixtures("not_installed")
def test_without_timm_the_other_backbones_are_found() -> None:
    assert {"small_cnn", "resnet18"} <= set(choices(BackboneSettings))
    assert "timm:resnet10t" not in choices(BackboneSettings)


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "test_convnext"])
def test_attention_stands_before_the_pooling(name: str) -> None:
    model = build_model(settings(backbone=f"timm:{name}", attention="spatial"), classes=3, image_size=64)
    assert any(key.endswith("global_pool.pool.spatial_attention.convolution.weight") for key in model.state_dict())
    assert model(torch.zeros(2, 3, 64, 64)).shape == (2, 3)


def test_a_transformer_has_no_place_for_attention() -> None:
    with pytest.raises(UserError, match="has no pooling of a feature map"):
        build_model(settings(backbone="timm:test_vit", attention="spatial"), classes=3, image_size=64)


def test_a_transformer_is_unfrozen_layer_by_layer() -> None:
    paths = [path for path, _ in TimmClassifier(name="timm:test_vit").build(64).blocks]
    assert paths == ["patch_embed", *(f"blocks.{number}" for number in range(6))]


def test_the_component_holds_nothing_of_timm_until_it_is_used() -> None:
    origins = {getattr(value, "__module__", getattr(value, "__name__", "")) for value in vars(component).values()}
    assert not any(str(origin).partition(".")[0] == "timm" for origin in origins)
