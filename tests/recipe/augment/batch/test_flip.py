"""Flips: their frequency."""

from __future__ import annotations

import pytest
from batch_images import parameters

from ablation.recipe.augment.batch.flip import Flip


@pytest.mark.parametrize(("probability", "share"), [(0, 0), (0.3, 0.3), (1, 1)])
def test_a_flip_has_its_probability_and_none_and_all_are_certain(probability: float, share: float) -> None:
    found = parameters(Flip(probability)).mean()
    assert found == pytest.approx(share, abs=0.025 if 0 < share < 1 else 0)
