"""Brightness, contrast, saturation, hue and sharpness against torchvision's and Pillow's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from batch_images import assert_near, spread
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor, to_pil_image
from torchvision.transforms.v2 import functional as F

from ablation.recipe.augment.batch import colour

Functional = Callable[[Tensor, float], Tensor]


@pytest.mark.parametrize(
    ("ours", "theirs", "low", "high"),
    [
        (colour.brighter, F.adjust_brightness, 0, 1.99),
        (colour.sharpened, F.adjust_sharpness, 0, 1.99),
    ],
    ids=["brightness", "sharpness"],
)
def test_brightness_and_sharpness_are_torchvisions(
    images: Tensor, ours: Callable[[Tensor, Tensor], Tensor], theirs: Functional, low: float, high: float
) -> None:
    numbers = spread(images, low, high)
    expected = [theirs(image, number) for image, number in zip(images, numbers.tolist(), strict=True)]
    assert_near(ours(images, numbers[:, None]), expected, equal=0.9999, levels=1)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(colour.contrasted, F.adjust_contrast), (colour.saturated, F.adjust_saturation)],
    ids=["contrast", "saturation"],
)
def test_contrast_and_saturation_round_grey_as_pillow_does(
    images: Tensor, ours: Callable[[Tensor, Tensor], Tensor], theirs: Functional
) -> None:
    factors = spread(images, 0, 1.99)
    pairs = list(zip(images, factors.tolist(), strict=True))
    changed = ours(images, factors[:, None])
    assert_near(
        changed, [pil_to_tensor(theirs(to_pil_image(image), factor)) for image, factor in pairs], 0.995, levels=1
    )
    assert_near(changed, [theirs(image, factor) for image, factor in pairs], equal=0, levels=2)


def test_hue(images: Tensor) -> None:
    turns = spread(images, -0.5, 0.5)
    theirs = [F.adjust_hue(image, turn) for image, turn in zip(images, turns.tolist(), strict=True)]
    assert_near(colour.hue_turned(images.float(), turns[:, None]).byte(), theirs, equal=0.9999, levels=1)


@given(st.lists(st.integers(0, 255), min_size=3, max_size=3), st.floats(0, 2))
@settings(max_examples=30, deadline=None)
def test_no_turn_and_a_factor_of_1_change_no_colour_and_no_factor_changes_a_grey(levels: list[int], by: float) -> None:
    image, one = torch.tensor(levels, dtype=torch.uint8).reshape(1, 3, 1, 1).expand(1, 3, 3, 3), torch.ones(1, 1)
    assert torch.equal(colour.hue_turned(image.float(), 0 * one).byte(), image)
    for change in (colour.brighter, colour.contrasted, colour.saturated, colour.sharpened):
        assert torch.equal(change(image, one), image)
    grey = image[:, :1].expand(1, 3, 3, 3)
    assert torch.equal(colour.saturated(grey, by * one), grey)
    assert torch.equal(colour.hue_turned(grey.float(), by / 4 * one).byte(), grey)
