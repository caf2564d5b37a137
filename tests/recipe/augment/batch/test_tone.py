"""Changes of tone against torchvision's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from batch_images import assert_near, spread
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from ablation.recipe.augment.batch import tone

Functional = Callable[[Tensor, float], Tensor]


@pytest.mark.parametrize(
    ("ours", "theirs", "low", "high"),
    [
        (tone.solarized, lambda image, share: F.solarize(image, 255 * share), 0, 1),
        (tone.posterized, lambda image, bits: F.posterize(image, int(bits)), 0, 8),
        (tone.stretched, lambda image, _: F.autocontrast(image), 0, 0),
        (tone.equalized, lambda image, _: F.equalize(image), 0, 0),
        (tone.inverted, lambda image, _: F.invert(image), 0, 0),
    ],
    ids=["solarize", "posterize", "autocontrast", "equalize", "invert"],
)
def test_changes_of_tone_are_torchvisions(
    images: Tensor, ours: Callable[[Tensor, Tensor], Tensor], theirs: Functional, low: float, high: float
) -> None:
    numbers = spread(images, low, high)
    expected = [theirs(image, number) for image, number in zip(images, numbers.tolist(), strict=True)]
    assert_near(ours(images, numbers[:, None]), expected, equal=0.9999, levels=1)


@given(st.integers(1, 400), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_equalising_and_stretching_hold_for_any_levels(pixels: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    top = int(torch.randint(1, 257, (), generator=generator))
    images = torch.randint(top, (2, 3, 1, pixels), dtype=torch.uint8, generator=generator)
    assert_near(tone.equalized(images, images), [F.equalize(image) for image in images])
    assert_near(tone.stretched(images, images), [F.autocontrast(image) for image in images])
