from __future__ import annotations

import torch
from bench import Bench
from torch import nn

from ablation.core.model.cropped_conv import CroppedConv2d
from ablation.core.model.network import network_of
from ablation.core.streams import drawing
from ablation.recipe.model import build_model

CPU = torch.device("cpu")


def test_the_network_is_the_recipes_model_with_cropped_convolutions(bench: Bench) -> None:
    recipe = bench.training({"model": {"backbone": "resnet18", "weights": "none"}}).task.recipe
    with drawing(1, CPU):
        network = network_of(recipe, 10).eval()
    with drawing(1, CPU):
        model = build_model(recipe.model, 10, recipe.data.image_size).eval()
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in model.state_dict().items())
    assert any(isinstance(module, CroppedConv2d) for module in network.modules())
    assert not any(type(module) is nn.Conv2d and max(module.padding) > 0 for module in network.modules())
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(network(images), model(images), atol=1e-5, rtol=1e-4)


def test_the_head_has_an_output_for_each_class(bench: Bench) -> None:
    assert network_of(bench.training().task.recipe, 3)(torch.zeros(2, 3, 8, 8)).shape == (2, 3)
