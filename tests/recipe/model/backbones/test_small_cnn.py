from __future__ import annotations

import pytest
import torch

from ablation.recipe.model.backbones.small_cnn import SmallCNN


@pytest.mark.parametrize("size", [1, 8, 32, 65])
@pytest.mark.parametrize("width", [1, 8])
def test_images_of_any_size_give_four_features_a_channel(size: int, width: int) -> None:
    backbone = SmallCNN(width=width).build(size).eval()
    assert backbone(torch.zeros(2, 3, size, size)).shape == (2, 4 * width)
    assert backbone.features == 4 * width


def test_the_card_tells_the_number_of_parameters() -> None:
    count = sum(parameter.numel() for parameter in SmallCNN().build(32).parameters())
    assert round(count, -3) == 95_000
