from __future__ import annotations

import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from ablation.recipe.model import ModelSettings, build_model
from ablation.recipe.model.initialisation import xavier_uniform


def is_xavier(weight: Tensor) -> bool:
    receptive = weight[0, 0].numel()
    bound = math.sqrt(6 / (weight.shape[0] * receptive + weight.shape[1] * receptive))
    return bound * 0.9 < float(weight.detach().abs().max()) <= bound


def test_weights_fill_the_interval_of_the_paper_and_biases_are_0() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 40, 5), nn.BatchNorm2d(40), nn.Linear(40, 10), nn.Linear(10, 30, bias=False))
    norm = module[1].weight.clone()
    xavier_uniform(module)
    assert all(is_xavier(layer.weight) for layer in module if not isinstance(layer, nn.BatchNorm2d))
    assert all(not layer.bias.any() for layer in module if layer.bias is not None)
    assert torch.equal(module[1].weight, norm)


def test_everything_is_drawn_anew_without_weights() -> None:
    torch.manual_seed(0)
    given = {"backbone": "small_cnn", "attention": "spatial", "head": "mlp", "init": "xavier_uniform"}
    model = build_model(ModelSettings.model_validate(given), classes=5, image_size=32)
    layers = [module for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    assert len(layers) == 3 + 1 + 3
    assert all(is_xavier(layer.weight) for layer in layers)


def test_what_starts_from_weights_is_left_alone(tmp_path: Path) -> None:
    plain = build_model(ModelSettings.model_validate({"backbone": "small_cnn"}), classes=5, image_size=32)
    save_file(plain.state_dict(), tmp_path / "w.safetensors")
    given = {
        "backbone": "small_cnn",
        "weights": str(tmp_path / "w.safetensors"),
        "attention": "spatial",
        "init": "xavier_uniform",
    }
    model = build_model(ModelSettings.model_validate(given), classes=5, image_size=32)
    state = model.state_dict()
    assert all(torch.equal(state[key], value) for key, value in plain.state_dict().items() if "head" not in key)
    assert is_xavier(state["backbone.body.9.spatial_attention.convolution.weight"])
    assert is_xavier(state["head.1.weight"])
    assert not state["head.1.bias"].any()
