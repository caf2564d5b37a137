from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from plain_backbone import Plain
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from ablation.errors import UserError
from ablation.recipe.model import Classifier, ModelSettings, build_model
from ablation.recipe.model.attention import SpatialAttention

SIZES = {"inception_v3": 80, "maxvit_t": 224}
SLOW = {"densenet121", "googlenet", "inception_v3", "maxvit_t", "mobilenet_v2", "mobilenet_v3_small", "swin_t"}
PLACES = {
    "alexnet": "avgpool",
    "densenet121": "features",
    "efficientnet_b3": "avgpool",
    "googlenet": "avgpool",
    "inception_v3": "avgpool",
    "maxvit_t": "classifier.0",
    "mnasnet0_5": "layers",
    "mobilenet_v2": "features",
    "mobilenet_v3_small": "avgpool",
    "regnet_y_400mf": "avgpool",
    "resnet50": "avgpool",
    "shufflenet_v2_x0_5": "conv5",
    "small_cnn": "9",
    "squeezenet1_1": "classifier.3",
    "swin_t": "avgpool",
    "vgg16": "avgpool",
}


def settings(**given: object) -> ModelSettings:
    return ModelSettings.model_validate({"backbone": "small_cnn", "attention": "spatial", **given})


def weight_of(model: Classifier) -> torch.Tensor:
    return next(module for module in model.modules() if isinstance(module, SpatialAttention)).convolution.weight


def test_it_is_the_formula_position_by_position() -> None:
    torch.manual_seed(0)
    attention, maps = SpatialAttention(), torch.randn(2, 5, 4, 6)
    kernel, found = attention.convolution.weight[0].detach(), attention(maps).detach()
    for image, row, column in ((0, 0, 0), (1, 3, 5), (1, 2, 2)):
        total = 0.0
        for down in range(7):
            for right in range(7):
                y, x = row + down - 3, column + right - 3
                if 0 <= y < 4 and 0 <= x < 6:
                    values = maps[image, :, y, x]
                    total += float(kernel[0, down, right] * values.mean() + kernel[1, down, right] * values.max())
        expected = maps[image, :, row, column] / (1 + math.exp(-total))
        torch.testing.assert_close(found[image, :, row, column], expected)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in PLACES]
)
def test_it_stands_where_the_last_pooling_is(name: str) -> None:
    side = SIZES.get(name, 64)
    with torch.device("meta"):
        model = build_model(settings(backbone=name), classes=3, image_size=side)
        assert model(torch.zeros(2, 3, side, side)).shape == (2, 3)
        added = {key for key in model.state_dict() if "spatial_attention" in key}
        assert added == {f"backbone.body.{PLACES[name]}.spatial_attention.convolution.weight"}
        plain = build_model(settings(backbone=name, attention="none"), 3, side)
        assert set(model.state_dict()) - added == set(plain.state_dict())


def test_it_weighs_the_maps_of_a_resnet_before_their_mean() -> None:
    torch.manual_seed(0)
    model = build_model(settings(backbone="resnet18"), classes=3, image_size=64).eval()
    whole = models.resnet18(num_classes=3).eval()
    whole.load_state_dict(model.backbone.body.state_dict(), strict=False)
    stem = nn.Sequential(whole.conv1, whole.bn1, whole.relu, whole.maxpool)
    images, attention = torch.randn(2, 3, 64, 64), SpatialAttention()
    attention.convolution.weight = weight_of(model)  # type: ignore[assignment]
    maps = nn.Sequential(stem, whole.layer1, whole.layer2, whole.layer3, whole.layer4)(images)
    torch.testing.assert_close(model.backbone(images), attention(maps).mean((2, 3)))


def test_a_densenet_is_weighed_before_its_last_relu() -> None:
    torch.manual_seed(0)
    model = build_model(settings(backbone="densenet121"), classes=3, image_size=32).eval()
    run, images = model.backbone.body.features, torch.randn(2, 3, 32, 32)
    maps = run(images)
    torch.testing.assert_close(model.backbone(images), maps.relu().mean((2, 3)))
    assert isinstance(run[-1], SpatialAttention)


def test_an_architecture_without_pooling_is_refused() -> None:
    with torch.device("meta"), pytest.raises(UserError, match="vit_b_32 has no pooling of a feature map") as caught:
        build_model(settings(backbone="vit_b_32"), classes=3, image_size=64)
    assert caught.value.place == "model.attention"


def test_a_users_own_pooling_is_found() -> None:
    model = build_model(settings(backbone=Plain()), classes=3, image_size=16)
    assert "backbone.body.2.spatial_attention.convolution.weight" in model.state_dict()


def test_weights_need_no_keys_for_it_and_it_starts_fresh(tmp_path: Path) -> None:
    torch.save(models.squeezenet1_1().state_dict(), tmp_path / "w.pth")
    built = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        model = build_model(settings(backbone="squeezenet1_1", weights=str(tmp_path / "w.pth")), 3, 32)
        built.append(model.backbone.state_dict())
    differ = {name for name, weight in built[0].items() if not torch.equal(weight, built[1][name])}
    assert len(differ) == 1
    assert "spatial_attention" in differ.pop()


@pytest.mark.parametrize("attention", ["none", "spatial"])
@pytest.mark.parametrize("name", ["small_cnn", "shufflenet_v2_x0_5"])
def test_a_finished_training_with_it_starts_another_without_it(tmp_path: Path, name: str, attention: str) -> None:
    first = build_model(settings(backbone=name), classes=4, image_size=32)
    save_file(first.state_dict(), tmp_path / "first.safetensors")
    again = settings(backbone=name, weights=str(tmp_path / "first.safetensors"), attention=attention)
    second = build_model(again, classes=9, image_size=32)
    for key, value in second.backbone.state_dict().items():
        assert torch.equal(value, first.backbone.state_dict()[key]) != ("attention" in key)
