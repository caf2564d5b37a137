from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torchvision.transforms import Normalize, v2

from ablation.recipe.inference import InferenceSettings, Normalise, Predictor
from ablation.recipe.model import ModelSettings, build_model

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.3)
IMAGES = torch.randint(0, 256, (5, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def model() -> nn.Module:
    torch.manual_seed(0)
    return build_model(ModelSettings.model_validate({"backbone": "small_cnn"}), classes=4, image_size=16).eval()


def predictor(model: nn.Module, *views: object) -> Predictor:
    return Predictor(model, MEAN, STD, InferenceSettings.model_validate({"tta": views}).tta)


def test_normalisation_is_torchvisions() -> None:
    theirs = Normalize(MEAN, STD)(v2.functional.to_dtype(IMAGES, torch.float32, scale=True))
    torch.testing.assert_close(Normalise(MEAN, STD)(IMAGES), theirs, atol=1e-6, rtol=1e-6)


def test_normalisation_has_no_weights_to_save() -> None:
    assert Normalise(MEAN, STD).state_dict() == {}


def test_without_views_it_is_the_models_softmax(model: nn.Module) -> None:
    found = predictor(model, "identity")(IMAGES)
    assert torch.equal(found, model(Normalise(MEAN, STD)(IMAGES)).softmax(1))
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.sum(1), torch.ones(5))


def test_views_are_averaged_as_probabilities_as_a_naive_loop_does(model: nn.Module) -> None:
    normal = Normalise(MEAN, STD)(IMAGES)
    copies = [normal, normal.flip(3), normal.flip(2)]
    for by, axis in ((1, 3), (-1, 3), (1, 2), (-1, 2)):
        index = (torch.arange(16) - by).clamp(0, 15)
        copies.append(normal.index_select(axis, index))
    naive = sum(model(copy).softmax(1) for copy in copies) / len(copies)
    found = predictor(model, "identity", "hflip", "vflip", "shift")(IMAGES)
    torch.testing.assert_close(found, naive)


def test_bytes_and_floats_of_the_same_pixels_give_the_same(model: nn.Module) -> None:
    served = predictor(model, "identity", "hflip")
    assert torch.equal(served(IMAGES), served(IMAGES.float()))


@pytest.mark.slow
def test_what_is_served_can_be_exported_with_any_batch_size(model: nn.Module) -> None:
    served = predictor(model, "identity", "hflip", "shift").eval()
    batch = torch.export.Dim("batch", min=1, max=1024)
    exported = torch.export.export(served, (IMAGES[:2],), dynamic_shapes=({0: batch},)).module()
    for size in (1, 3, 5):
        torch.testing.assert_close(exported(IMAGES[:size]), served(IMAGES[:size]))


def test_an_equivariant_model_does_not_mind_a_flip() -> None:
    class MeanColour(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.mean((2, 3))

    plain, flipped = (predictor(MeanColour(), *views)(IMAGES) for views in (("identity",), ("identity", "hflip")))
    torch.testing.assert_close(plain, flipped)
