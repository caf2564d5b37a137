from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from ablation.errors import UserError
from ablation.recipe.model import Classifier, ModelSettings, build_model

BLOCKS = ["conv1", "layer1", "layer2", "layer3", "layer4"]
IMAGES = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def built(trainable: object, **given: Any) -> Classifier:
    settings = ModelSettings.model_validate({"backbone": "resnet18", **given, "trainable": trainable})
    torch.manual_seed(0)
    return build_model(settings, classes=3, image_size=32)


def stepped(model: Classifier) -> None:
    optimizer = torch.optim.SGD([each for each in model.parameters() if each.requires_grad], lr=0.1)
    for _ in range(2):
        model(IMAGES).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()


def modes(block: nn.Module) -> set[bool]:
    return {module.training for module in block.modules() if not isinstance(module, nn.ModuleList)}


def changed_groups(model: Classifier, before: dict[str, torch.Tensor]) -> set[str]:
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    names = {id(parameter): name for name, parameter in model.state_dict(keep_vars=True).items()}
    held = {
        group: {names[id(value)] for value in module.state_dict(keep_vars=True).values()}
        for group, module in model.groups()
    }
    return {group for group, keys in held.items() if keys & changed}


@pytest.mark.parametrize("count", range(6))
def test_gradual_unfreezing_moves_the_head_and_the_last_blocks_and_nothing_else(count: int) -> None:
    model = built(count or "head")
    before = copy.deepcopy(model.state_dict())
    stepped(model)
    expected = {"head", *(f"backbone.{name}" for name in BLOCKS[len(BLOCKS) - count :])}
    assert changed_groups(model, before) == expected
    assert {name for name, group in model.groups() if any(p.requires_grad for p in group.parameters())} == expected


def test_all_blocks_trained_are_the_whole_model_trained() -> None:
    found = []
    for trainable in ("all", 5):
        model = built(trainable)
        stepped(model)
        found.append(model.state_dict())
    assert all(torch.equal(value, found[1][key]) for key, value in found[0].items())


@pytest.mark.parametrize("given", [{}, {"backbone": {"name": "resnet18", "block_dropout": 0.5}}, {"init": "torch"}])
def test_a_frozen_backbone_keeps_its_statistics_and_drops_nothing_in_training(given: dict[str, Any]) -> None:
    model = built("head", **given).train()
    before = copy.deepcopy(model.backbone.state_dict())
    features = [model.backbone(IMAGES) for _ in range(2)]
    assert torch.equal(features[0], features[1])
    assert torch.equal(features[0], model.eval().backbone(IMAGES))
    assert all(torch.equal(value, before[key]) for key, value in model.backbone.state_dict().items())


def test_training_and_evaluation_mode_reach_what_is_trained_only() -> None:
    model = built(1, head={"name": "linear", "dropout": 0.5})
    for wrapper in (model, nn.Sequential(model)):
        wrapper.train()
        assert model.training
        assert model.head.training
        assert {name for name, block in model.backbone.blocks if modes(block) == {True}} == {"layer4"}
        assert {name for name, block in model.backbone.blocks if modes(block) == {False}} == set(BLOCKS) - {"layer4"}
        wrapper.eval()
        assert not any(module.training for module in model.modules())


def test_attention_is_trained_with_the_head_of_a_frozen_backbone() -> None:
    model = built("head", attention="spatial")
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained == {"backbone.body.avgpool.spatial_attention.convolution.weight", "head.1.weight", "head.1.bias"}
    before = copy.deepcopy(model.state_dict())
    stepped(model)
    assert changed_groups(model, before) == {"head"}


def test_more_blocks_than_there_are_are_refused_with_their_names() -> None:
    with pytest.raises(UserError, match="6 blocks to train, but the backbone has 5") as caught:
        built(6)
    assert caught.value.remedy.endswith("conv1, layer1, layer2, layer3, layer4")
    assert caught.value.place == "model.trainable"


@pytest.mark.parametrize("value", [0, -1, 1.5, "some", True, None])
def test_what_is_no_number_of_blocks_is_refused(value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        ModelSettings.model_validate({"trainable": value})
    assert {error["loc"][0] for error in caught.value.errors()} == {"trainable"}


@pytest.mark.parametrize("trainable", ["all", "head", 2])
def test_a_copy_is_frozen_likewise_and_independent(trainable: object) -> None:
    model = built(trainable, attention="spatial")
    twin = copy.deepcopy(model).train()
    assert [p.requires_grad for p in twin.parameters()] == [p.requires_grad for p in model.parameters()]
    assert [m.training for m in twin.modules()] == [m.training for m in model.modules()]
    before = copy.deepcopy(model.state_dict())
    stepped(twin)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_the_groups_are_the_blocks_and_the_head() -> None:
    assert [name for name, _ in built("all").groups()] == [*(f"backbone.{name}" for name in BLOCKS), "head"]
