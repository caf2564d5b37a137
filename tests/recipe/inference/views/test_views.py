from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ablation.errors import UserError
from ablation.recipe.inference.views.hflip import HorizontalFlip
from ablation.recipe.inference.views.shift import Shift
from ablation.recipe.inference.views.vflip import VerticalFlip

IMAGES = torch.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5).float()


def test_flips_exchange_the_sides_they_name() -> None:
    (mirrored,), (upended,) = HorizontalFlip().views(IMAGES), VerticalFlip().views(IMAGES)
    for row in range(4):
        for column in range(5):
            assert torch.equal(mirrored[:, :, row, column], IMAGES[:, :, row, 4 - column])
            assert torch.equal(upended[:, :, row, column], IMAGES[:, :, 3 - row, column])


@given(side=st.integers(4, 40), pixels=st.integers(1, 3))
def test_shifts_move_in_four_directions_and_repeat_the_edge(side: int, pixels: int) -> None:
    images = torch.arange(side * side).reshape(1, 1, side, side).float()
    expected = []
    for down, right in ((0, pixels), (0, -pixels), (pixels, 0), (-pixels, 0)):
        rows = (torch.arange(side) - down).clamp(0, side - 1)
        columns = (torch.arange(side) - right).clamp(0, side - 1)
        expected.append(images[:, :, rows][..., columns])
    found = Shift(pixels=pixels).views(images)
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize(("side", "pixels"), [(8, 1), (16, 1), (32, 2), (224, 14)])
def test_the_default_shift_is_a_16th_of_the_side_but_at_least_a_pixel(side: int, pixels: int) -> None:
    images = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    default, told = Shift().views(images), Shift(pixels=pixels).views(images)
    assert all(torch.equal(one, other) for one, other in zip(default, told, strict=True))


def test_a_shift_of_the_whole_image_is_refused() -> None:
    with pytest.raises(UserError, match="a shift by 4 pixels leaves nothing"):
        Shift(pixels=4).views(IMAGES)
