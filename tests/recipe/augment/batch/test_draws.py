"""Uniform numbers become whole numbers and signs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from batch_images import uniform

from ablation.recipe.augment.batch import draws


def test_whole_numbers_are_even_and_stay_below_their_count() -> None:
    last = torch.tensor([1 - 2**-24])
    for count in range(1, 2000):
        assert draws.whole(last, count).item() == count - 1
    assert np.ptp(np.bincount(draws.whole(uniform(70_000), 7).int().numpy())) < 600
    assert draws.whole(torch.zeros(1), 5).item() == 0
    assert Counter(draws.sign(uniform(10_000)).tolist())[-1.0] == pytest.approx(5000, abs=200)
