from __future__ import annotations

from collections import Counter

import pytest
import torch
from plain_backbone import Plain
from torch import nn

from ablation.recipe.model import ModelSettings, build_model
from ablation.recipe.model.backbones import Backbone, BackboneSettings

SIZES = {"maxvit_t": 224}
RESNET = ["conv1", "layer1", "layer2", "layer3", "layer4"]
EXPECTED = {
    "resnet18": RESNET,
    "resnet101": RESNET,
    "efficientnet_b3": [f"features.{number}" for number in range(9)],
    "densenet121": [
        "features.conv0",
        *(f"features.{kind}{number}" for number in (1, 2, 3) for kind in ("denseblock", "transition")),
        "features.denseblock4",
    ],
    "vgg16": [
        *(f"features.{number}" for number in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)),
        "classifier.0",
        "classifier.3",
    ],
    "small_cnn": ["0", "3", "6"],
    "vit_b_32": ["conv_proj", *(f"encoder.layers.encoder_layer_{number}" for number in range(12))],
    "regnet_y_400mf": ["stem", *(f"trunk_output.block{number}" for number in (1, 2, 3, 4))],
    "convnext_tiny": [f"features.{number}" for number in range(8)],
}


def built(name: str) -> Backbone:
    with torch.device("meta"):
        return BackboneSettings.choose(name).build(SIZES.get(name, 64))


@pytest.mark.parametrize("name", EXPECTED)
def test_the_blocks_are_the_stages_of_the_architecture_in_forward_order(name: str) -> None:
    assert [path for path, _ in built(name).blocks] == EXPECTED[name]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("maxvit_t", marks=pytest.mark.slow),
        "mnasnet0_5",
        "resnet18",
        "shufflenet_v2_x0_5",
        "small_cnn",
        "vgg16",
    ],
)
@pytest.mark.parametrize("attention", ["none", "spatial"])
def test_every_parameter_is_in_one_group(name: str, attention: str) -> None:
    settings = ModelSettings.model_validate({"backbone": name, "attention": attention})
    with torch.device("meta"):
        model = build_model(settings, classes=3, image_size=SIZES.get(name, 64))
    found = Counter(id(parameter) for _, group in model.groups() for parameter in group.parameters())
    assert found == Counter(map(id, model.parameters()))
    assert len({path for path, _ in model.groups()}) == len(model.groups())


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "small_cnn", "vgg16_bn"])
def test_a_normalisation_is_in_the_block_of_the_layer_before_it(name: str) -> None:
    for _, block in built(name).blocks:
        kinds = [type(module) for module in block.modules() if isinstance(module, nn.Conv2d | nn.BatchNorm2d)]
        assert nn.Conv2d in kinds or not kinds


def test_a_dropout_between_two_layers_is_in_the_block_of_the_first() -> None:
    blocks = dict(built("vgg16").blocks)
    assert [type(module).__name__ for module in blocks["classifier.0"].children()] == ["Linear", "ReLU", "Dropout"]


def test_parameters_of_no_layer_are_in_the_first_block_behind_them() -> None:
    backbone = built("vit_b_32")
    names = {id(parameter): name for name, parameter in backbone.body.named_parameters()}
    held = [{names[id(parameter)] for parameter in block.parameters()} for _, block in backbone.blocks]
    assert held[0] == {"class_token", "conv_proj.weight", "conv_proj.bias"}
    assert "encoder.pos_embedding" in held[1]
    assert Counter(name for names in held for name in names) == Counter(names.values())


def test_a_users_own_body_has_blocks_too() -> None:
    assert [path for path, _ in Plain().build(8).blocks] == ["0"]
    assert [path for path, _ in Backbone(nn.Conv2d(3, 4, 3), features=4).blocks] == ["body"]
    wrapped = nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 5, 3)), nn.Flatten())
    assert [path for path, _ in Backbone(wrapped, features=5).blocks] == ["0.0", "0.2"]
