"""Colour jitter against torchvision's."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch
from batch_images import assert_alike, drawn, parameters, uniform
from scipy.stats import chi2_contingency
from torch import Tensor
from torchvision.transforms import v2

from ablation.recipe.augment.batch.jitter import Jitter


def test_colour_jitter_has_its_factors_and_every_order_as_often() -> None:
    found, theirs = parameters(Jitter(0.3, 0.4, 0.5, 0.1)), drawn(v2.ColorJitter(0.3, 0.4, 0.5, 0.1))
    assert_alike(found[:, 0, 1], [each["hue_factor"] for each in theirs])
    kinds, factors = found[:, 1:, 0], found[:, 1:, 1]
    for kind, name in enumerate(("brightness", "contrast", "saturation")):
        assert_alike(factors[kinds == kind], [each[f"{name}_factor"] for each in theirs])
    orders = Counter((before, *blends) for before, blends in zip(found[:, 0, 0], map(tuple, kinds), strict=True))
    assert len(orders) == math.factorial(4)
    counts = [list(orders.values()), list(Counter(tuple(each["fn_idx"].tolist()) for each in theirs).values())]
    assert chi2_contingency(counts).pvalue > 1e-3


@pytest.mark.parametrize("off", range(4))
def test_a_jitter_of_no_magnitude_takes_no_numbers(off: int) -> None:
    magnitudes = [0.1 if place != off else 0.0 for place in range(4)]
    step = Jitter(*magnitudes)
    assert step.draws == 6
    assert step.parameters(uniform(5, 6), 8, 8).shape == (5, 1 + 3 - (off != 3), 2)
    alone = Jitter(*[0.1 if place == off else 0.0 for place in range(4)])
    image: Tensor = torch.randint(256, (7, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert alone.draws == 2
    assert alone(image, uniform(7, 2)).shape == image.shape
