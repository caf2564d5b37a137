from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
import torch
import torchvision
from pydantic import ValidationError
from torch import nn

from ablation.recipe.component import choices
from ablation.recipe.model import ModelSettings, build_model
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.optimizer.adamw import AdamW
from ablation.recipe.optimizer.groups import ParameterGroup, parameter_groups
from ablation.recipe.optimizer.sgd import SGD

CPU = torch.device("cpu")
NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm, nn.modules.instancenorm._InstanceNorm)


def resnet18() -> nn.Module:
    with torch.device("meta"):
        return build_model(ModelSettings.model_validate({"backbone": "resnet18", "head": "bn_mlp"}), 7, 64)


def small() -> nn.Module:
    torch.manual_seed(0)
    return build_model(ModelSettings.model_validate({"backbone": "small_cnn"}), 3, 16)


def named(model: nn.Module, groups: list[ParameterGroup]) -> dict[str, list[str]]:
    """The names of each group's parameters, in their order."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {group["name"]: [names[id(parameter)] for parameter in group["params"]] for group in groups}


def by_the_references(module: nn.Module, found: dict[str, set[int]]) -> Mapping[str, set[int]]:
    """torchvision's ``set_weight_decay`` with its bias key, for what it tells apart here."""
    for name, parameter in module.named_parameters(recurse=False):
        spared = name in ("bias", "in_proj_bias") or isinstance(module, NORMS)
        found["spared" if spared else "decayed"].add(id(parameter))
    for child in module.children():
        by_the_references(child, found)
    return found


def test_by_default_there_is_one_group_in_the_models_order() -> None:
    model = resnet18()
    (group,) = parameter_groups(model, 0.1, None, 0.01, decay_norm_and_bias=True)
    assert [id(each) for each in group["params"]] == [id(each) for each in model.parameters()]
    assert (group["name"], group["lr"], group["weight_decay"]) == ("all", 0.1, 0.01)


def test_resnet18_falls_into_the_parts_written_by_hand() -> None:
    model = resnet18()
    groups = parameter_groups(model, 1e-3, 5e-6, 1e-4, decay_norm_and_bias=False)
    found = named(model, groups)
    assert {name: len(names) for name, names in found.items()} == {
        "backbone": 20,  # 17 convolutions and 3 of the shortcuts
        "backbone/no_decay": 40,  # weight and bias of their 20 BatchNorms
        "head": 2,
        "head/no_decay": 6,  # 2 BatchNorms and the biases of 2 linear layers
    }
    assert all(name.endswith(("conv1.weight", "conv2.weight", "downsample.0.weight")) for name in found["backbone"])
    assert Counter(name.rpartition(".")[2] for name in found["backbone/no_decay"]) == {"weight": 20, "bias": 20}
    settings = {group["name"]: (group["lr"], group["weight_decay"]) for group in groups}
    assert settings == {
        "backbone": (5e-6, 1e-4),
        "backbone/no_decay": (5e-6, 0.0),
        "head": (1e-3, 1e-4),
        "head/no_decay": (1e-3, 0.0),
    }


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "convnext_tiny", "vit_b_16"])
def test_what_does_not_decay_is_what_torchvisions_references_spare(name: str) -> None:
    with torch.device("meta"):
        model = torchvision.models.get_model(name)
    expected = by_the_references(model, {"spared": set(), "decayed": set()})
    decayed, spared = parameter_groups(model, 0.1, None, 0.01, decay_norm_and_bias=False)
    assert {id(each) for each in decayed["params"]} == expected["decayed"]
    assert {id(each) for each in spared["params"]} == expected["spared"]


def test_norms_that_are_not_torchs_own_do_not_decay_either() -> None:
    layers = pytest.importorskip("timm.layers")
    model = nn.Sequential(nn.Linear(4, 4), layers.RmsNorm(4), layers.LayerNorm2d(4), nn.RMSNorm(4))
    found = named(model, parameter_groups(model, 0.1, None, 0.01, decay_norm_and_bias=False))
    assert found == {"all": ["0.weight"], "all/no_decay": ["0.bias", "1.weight", "2.weight", "2.bias", "3.weight"]}


def test_what_is_frozen_is_in_no_group_and_an_empty_group_is_left_out() -> None:
    model = resnet18()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith("head."))
    (group,) = parameter_groups(model, 1e-3, 5e-6, 1e-4, decay_norm_and_bias=True)
    assert group["name"] == "head"
    assert len(group["params"]) == sum(name.startswith("head.") for name, _ in model.named_parameters())


@pytest.mark.parametrize("known", [*choices(OptimizerSettings).values()], ids=lambda known: known.__name__)
def test_every_optimizer_takes_the_groups_over(known: type[OptimizerSettings]) -> None:
    settings = known.model_validate({"lr": 0.1, "backbone_lr": 0.02, "weight_decay": 0.3, "decay_norm_and_bias": False})
    found = settings.for_model(small(), CPU).param_groups
    assert [(group["name"], group["lr"], group["weight_decay"]) for group in found] == [
        ("backbone", 0.02, 0.3),
        ("backbone/no_decay", 0.02, 0.0),
        ("head", 0.1, 0.3),
        ("head/no_decay", 0.1, 0.0),
    ]


def trained(optimizer: torch.optim.Optimizer, model: nn.Module) -> list[torch.Tensor]:
    torch.manual_seed(1)
    for _ in range(3):
        model(torch.randn(4, 3, 16, 16)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    return [parameter.detach() for parameter in model.parameters()]


def test_without_groups_of_their_own_the_results_are_those_of_the_bare_parameters() -> None:
    ours, theirs = small(), small()
    one = trained(AdamW().for_model(ours, CPU), ours)
    other = trained(torch.optim.AdamW(theirs.parameters(), lr=1e-3, fused=True), theirs)
    assert all(torch.equal(*pair) for pair in zip(one, other, strict=True))


def test_two_rates_step_as_two_optimizers_do() -> None:
    ours, theirs = small(), small()
    one = trained(SGD(lr=1e-2, backbone_lr=1e-3).for_model(ours, CPU), ours)
    rest: dict[str, Any] = {"momentum": 0.9, "nesterov": True, "weight_decay": 1e-4, "fused": True}
    body, head = (getattr(theirs, part).parameters() for part in ("backbone", "head"))
    slow, fast = torch.optim.SGD(body, lr=1e-3, **rest), torch.optim.SGD(head, lr=1e-2, **rest)
    both: Any = type("Both", (), {})()
    both.step = lambda: (slow.step(), fast.step())
    both.zero_grad = lambda: (slow.zero_grad(), fast.zero_grad())
    other = trained(both, theirs)
    assert all(torch.equal(*pair) for pair in zip(one, other, strict=True))


def test_sparing_norms_from_no_decay_at_all_is_refused() -> None:
    with pytest.raises(ValidationError, match="decay_norm_and_bias has no effect at weight_decay 0"):
        AdamW(weight_decay=0, decay_norm_and_bias=False)


@pytest.mark.parametrize("rate", [0.0, -1e-3, float("inf"), float("nan")])
def test_the_backbones_rate_must_be_positive_and_finite(rate: float) -> None:
    with pytest.raises(ValidationError, match="backbone_lr"):
        AdamW(backbone_lr=rate)
