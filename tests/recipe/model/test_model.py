from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from sklearn.datasets import load_digits
from torch import Tensor

from ablation.errors import UserError
from ablation.recipe.model import ModelSettings, build_model

OWN_BACKBONES = """
from torch import nn

from ablation.recipe.model.backbones import Backbone, BackboneSettings


class Tiny(BackboneSettings):
    name: str
    width: int = 4

    def build(self, image_size):
        body = nn.Sequential(nn.Conv2d(3, self.width, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return Backbone(body, features=self.width)


class Liar(Tiny):
    def build(self, image_size):
        return Backbone(super().build(image_size).body, features=99)
"""


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"own_models_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(OWN_BACKBONES)
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def settings(given: dict[str, object]) -> ModelSettings:
    return ModelSettings.model_validate(given)


def test_the_default_is_a_resnet18_from_scratch_with_a_linear_head() -> None:
    assert ModelSettings().model_dump() == {
        "backbone": {"name": "resnet18"},
        "weights": "none",
        "head": {"name": "linear", "dropout": 0.0},
    }


def test_a_model_maps_images_to_one_logit_a_class() -> None:
    model = build_model(settings({"backbone": "small_cnn"}), classes=7, image_size=16)
    assert model(torch.zeros(4, 3, 16, 16)).shape == (4, 7)


def test_building_is_repeatable_from_the_same_state_of_torchs_generator() -> None:
    found = []
    for _ in range(2):
        torch.manual_seed(3)
        found.append(build_model(ModelSettings(), classes=3, image_size=32))
    for one, other in zip(found[0].parameters(), found[1].parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_trial_run_leaves_no_trace_in_running_means_or_mode() -> None:
    model = build_model(settings({"backbone": "small_cnn"}), classes=3, image_size=32)
    assert model.training
    assert all(module.training for module in model.modules())
    assert all(not value.any() for key, value in model.state_dict().items() if key.endswith(("_mean", "_tracked")))


def test_building_on_the_meta_device_draws_nothing() -> None:
    before = torch.random.get_rng_state()
    with torch.device("meta"):
        model = build_model(settings({"backbone": "regnet_y_400mf"}), classes=3, image_size=64)
    assert torch.equal(before, torch.random.get_rng_state())
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}


def test_a_users_own_backbone_is_named_by_import_path(own_module: str) -> None:
    bare = settings({"backbone": f"{own_module}:Tiny"})
    assert build_model(bare, classes=2, image_size=8)(torch.zeros(3, 3, 8, 8)).shape == (3, 2)
    wide = settings({"backbone": {"name": f"{own_module}:Tiny", "width": 6}})
    assert build_model(wide, classes=2, image_size=8).backbone.features == 6


def test_a_backbone_that_miscounts_its_features_is_refused(own_module: str) -> None:
    with pytest.raises(UserError, match=r"gives features of shape \(1, 4\) for one image, but says 99"):
        build_model(settings({"backbone": f"{own_module}:Liar"}), classes=2, image_size=8)


@pytest.mark.parametrize(
    ("backbone", "weights", "hint"),
    [
        ("resnet18", "IMAGENET1K_V3", "did you mean 'IMAGENET1K_V1'?"),
        ("small_cnn", "DEFAULT", "small_cnn has no weights 'DEFAULT'; known: none"),
        ("vgg16", "IMAGENET1K_FEATURES", "has no weights"),
    ],
)
def test_unknown_weights_are_refused_before_anything_is_built(backbone: str, weights: str, hint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings({"backbone": backbone, "weights": weights})
    assert hint in str(caught.value)
    assert caught.value.errors()[0]["loc"] == ("weights",)


def digits() -> tuple[Tensor, Tensor]:
    pixels, labels = load_digits(return_X_y=True)
    images = F.interpolate(torch.tensor(pixels).float().reshape(-1, 1, 8, 8) / 16, size=32, mode="bilinear")
    return (images.repeat(1, 3, 1, 1) - 0.5) / 0.5, torch.tensor(labels)


def test_the_small_cnn_learns_digits_from_300_images_in_8_epochs() -> None:
    torch.manual_seed(0)
    images, labels = digits()
    order = torch.randperm(len(images))
    train, test = order[:300], order[300:1100]
    model = build_model(settings({"backbone": "small_cnn"}), classes=10, image_size=32)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 8 * 10)
    for _ in range(8):
        for batch in train[torch.randperm(300)].split(32):
            F.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
    with torch.no_grad():
        accuracy = (model.eval()(images[test]).argmax(1) == labels[test]).float().mean()
    assert accuracy > 0.85
