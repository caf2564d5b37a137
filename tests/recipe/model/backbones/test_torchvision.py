from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torchvision import models

from ablation.errors import UserError
from ablation.recipe.model import ModelSettings, build_model
from ablation.recipe.model.backbones.torchvision import TorchvisionClassifier

SIZES = {"inception_v3": 80, "maxvit_t": 224, "vit_h_14": 56}
HANDFUL = (
    "alexnet",
    "efficientnet_b0",
    "googlenet",
    "inception_v3",
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "resnet18",
    "squeezenet1_0",
    "swin_t",
    "vgg16",
    "vit_b_32",
)
REST = sorted(set(models.list_models(module=models)) - set(HANDFUL))


@pytest.mark.parametrize("name", [*HANDFUL, *(pytest.param(name, marks=pytest.mark.slow) for name in REST)])
def test_every_classifier_of_torchvision_gives_one_logit_a_class(name: str) -> None:
    size = SIZES.get(name, 64)
    with torch.device("meta"):
        model = build_model(ModelSettings.model_validate({"backbone": name}), classes=7, image_size=size)
        assert model(torch.zeros(2, 3, size, size)).shape == (2, 7)


@pytest.mark.parametrize(("name", "left"), [("mobilenet_v3_small", 0), ("googlenet", 0), ("alexnet", 2), ("vgg16", 1)])
def test_only_the_dropout_right_before_the_last_layer_goes_with_it(name: str, left: int) -> None:
    with torch.device("meta"):
        backbone = TorchvisionClassifier(name=name).build(64)
    assert sum(isinstance(module, nn.Dropout) for module in backbone.modules()) == left


def test_the_names_are_torchvisions() -> None:
    assert TorchvisionClassifier.names() == tuple(models.list_models(module=models))


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "mobilenet_v3_small"])
def test_with_the_original_last_layer_it_is_the_original(name: str) -> None:
    torch.manual_seed(0)
    original = models.get_model(name, weights=None, num_classes=5).eval()
    torch.manual_seed(0)
    backbone = TorchvisionClassifier(name=name).build(image_size=64).eval()
    images = torch.randn(2, 3, 64, 64)
    backbone.body.load_state_dict(original.state_dict(), strict=False)
    last = original.get_submodule(backbone.classifier[0].removesuffix("."))
    if isinstance(last, nn.Conv2d):  # SqueezeNet classifies each position, takes the positive part, then the mean
        torch.testing.assert_close(backbone(images), original.features(images).mean((2, 3)))
    else:
        torch.testing.assert_close(last(backbone(images)), original(images))


@pytest.mark.parametrize(
    ("name", "size", "larger"),
    [("alexnet", 32, 63), ("vgg16", 16, 32), ("vit_b_16", 40, 48), ("inception_v3", 74, 75), ("squeezenet1_1", 8, 17)],
)
def test_an_image_size_that_does_not_fit_is_answered_with_the_next_that_does(name: str, size: int, larger: int) -> None:
    with pytest.raises(UserError, match=f"{name} cannot take images of {size} px") as caught:
        TorchvisionClassifier(name=name).build(size)
    assert caught.value.remedy.endswith(f"takes is {larger}")
    assert caught.value.place == "data.image_size"


def test_the_trial_without_numbers_agrees_with_a_real_one() -> None:
    real = models.squeezenet1_1().eval()
    with torch.no_grad(), pytest.raises(RuntimeError):
        real(torch.zeros(1, 3, 16, 16))
    assert real(torch.zeros(1, 3, 17, 17)).shape == (1, 1000)
    TorchvisionClassifier(name="squeezenet1_1").build(17)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValidationError, match="did you mean 'resnet50'"):
        TorchvisionClassifier(name="resnet_50")
