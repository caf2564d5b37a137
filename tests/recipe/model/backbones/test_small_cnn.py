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


def test_the_card_says_the_number_of_parameters() -> None:
    count = sum(parameter.numel() for parameter in SmallCNN().build(32).parameters())
    assert round(count, -3) == 95_000


def test_dropout_drops_whole_channels_at_the_end_of_each_block() -> None:
    torch.manual_seed(0)
    body = SmallCNN(conv_dropout=0.5).build(32).body
    maps = torch.rand(4, 3, 32, 32)
    for block in (body[0:3], body[3:6], body[6:9]):
        maps = block(maps)
        dropped = ~maps.flatten(2).any(2)
        assert 0.4 < dropped.float().mean() < 0.6


def test_dropout_0_draws_nothing_and_none_is_drawn_in_evaluation() -> None:
    before = torch.random.get_rng_state()
    for backbone in (SmallCNN().build(32), SmallCNN(conv_dropout=0.5).build(32).eval()):
        torch.random.set_rng_state(before)
        backbone(torch.zeros(2, 3, 32, 32))
        assert torch.equal(before, torch.random.get_rng_state())
