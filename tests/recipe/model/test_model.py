from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torchvision import models

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
        "backbone": {"name": "resnet18", "block_dropout": 0.0},
        "weights": "none",
        "head": {"name": "linear", "dropout": 0.0},
        "trainable": "all",
        "attention": "none",
        "init": "torch",
        "bn_momentum": None,
    }


@pytest.mark.parametrize("name", ["resnet18", pytest.param("resnet50", marks=pytest.mark.slow)])
def test_with_everything_off_it_is_torchvisions_model_with_a_new_last_layer(name: str) -> None:
    torch.manual_seed(0)
    whole = models.get_model(name, weights=None)
    whole.fc = nn.Sequential(nn.Dropout(0.2), nn.Linear(whole.fc.in_features, 5))
    torch.manual_seed(0)
    model = build_model(settings({"backbone": name, "head": {"name": "linear", "dropout": 0.2}}), 5, 32)
    images = torch.randn(4, 3, 32, 32)
    state = torch.get_rng_state()
    found = []
    for each in (whole, model):
        torch.set_rng_state(state)
        logits = each(images)
        logits.square().sum().backward()
        parameters = [(p.detach(), p.grad) for p in each.parameters()]
        found.append((logits.detach(), parameters, list(each.buffers()), torch.get_rng_state()))
    torch.testing.assert_close(found[1], found[0], rtol=0, atol=0)


def small_cnn_by_hand() -> nn.Module:
    layers = []
    for before, after, kernel in ((3, 32, 5), (32, 64, 3), (64, 128, 3)):
        convolution = nn.Conv2d(before, after, kernel, stride=2, padding=kernel // 2, bias=False)
        layers += [convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(128, 5))


def test_with_everything_off_the_small_cnn_is_the_one_written_by_hand() -> None:
    found = []
    given = settings({"backbone": "small_cnn", "head": {"name": "linear", "dropout": 0.2}})
    for build in (small_cnn_by_hand, lambda: build_model(given, 5, 16)):
        torch.manual_seed(0)
        model = build()
        logits = model(torch.randn(4, 3, 16, 16))
        logits.sum().backward()
        found.append((logits.detach(), [p.grad for p in model.parameters()], torch.get_rng_state()))
    torch.testing.assert_close(found[1], found[0], rtol=0, atol=0)


VARIED: list[dict[str, object]] = [
    {"trainable": "head"},
    {"trainable": 2},
    {"init": "xavier_uniform"},
    {"bn_momentum": 0.01},
    {"backbone": {"name": "resnet18", "block_dropout": 0.1}},
    {"head": {"name": "mlp", "hidden": [8], "dropout": 0.0}},
    {"head": {"name": "mlp", "hidden": [8], "dropout": [0.5, 0.1]}},
]


@pytest.mark.parametrize("attention", ["none", "spatial"])
def test_the_state_dict_has_one_shape_whatever_a_phase_changes(attention: str) -> None:
    plain = {"backbone": "resnet18", "attention": attention, "head": {"name": "mlp", "hidden": [8], "dropout": 0.3}}
    with torch.device("meta"):
        expected = build_model(settings(plain), 3, 32).state_dict()
        for given in VARIED:
            found = build_model(settings(plain | given), 3, 32)
            assert list(found.state_dict()) == list(expected)
            found.load_state_dict(expected, strict=True)


def test_a_small_cnns_state_dict_goes_into_one_with_another_dropout() -> None:
    one, other = (settings({"backbone": {"name": "small_cnn", "conv_dropout": drop}}) for drop in (0.0, 0.25))
    build_model(other, 3, 16).load_state_dict(build_model(one, 3, 16).state_dict(), strict=True)


@pytest.mark.parametrize("backbone", ["small_cnn", "resnet18"])
def test_the_momentum_of_every_batch_norm_is_set(backbone: str) -> None:
    given = {"backbone": backbone, "head": "bn_mlp", "bn_momentum": 0.3}
    norms = [m for m in build_model(settings(given), 3, 32).modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    assert {norm.momentum for norm in norms} == {0.3}
    assert sum(isinstance(norm, nn.BatchNorm1d) for norm in norms) == 2


@pytest.mark.parametrize("value", [0, 1.1, -0.1, "fast", True])
def test_a_momentum_outside_its_range_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        settings({"bn_momentum": value})


LARGE = ("resnet18", "resnet34", "resnet50", "resnet101", "vgg16", "densenet121", "efficientnet_b3", "efficientnet_b4")


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_the_documents_backbones_build_with_all_their_switches(name: str) -> None:
    given = {"backbone": name, "trainable": 2, "attention": "spatial", "init": "xavier_uniform", "head": "mlp"}
    with torch.device("meta"):
        model = build_model(settings(given), classes=6, image_size=224)
        assert model(torch.zeros(2, 3, 224, 224)).shape == (2, 6)


def test_torch_exports_it_with_a_free_batch() -> None:
    backbone = {"name": "small_cnn", "conv_dropout": 0.1}
    given = {"backbone": backbone, "head": "mlp", "attention": "spatial", "trainable": 1}
    model, images = build_model(settings(given), 3, 32).eval(), torch.randn(5, 3, 32, 32)
    batch = torch.export.Dim("batch")
    exported = torch.export.export(model, (images[:2],), dynamic_shapes=({0: batch},)).module()
    torch.testing.assert_close(exported(images), model(images))


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


@pytest.mark.slow
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
