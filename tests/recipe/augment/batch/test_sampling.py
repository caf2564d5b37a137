"""Reading pixels at other places, against a naive loop."""

from __future__ import annotations

import pytest
import torch
from batch_images import pictures, uniform

from ablation.recipe.augment.batch.sampling import Interpolation, as_bytes, no_places, planes, sampled, steps


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_centres_of_pixels_give_the_pixels_and_what_is_outside_is_black(interpolation: Interpolation) -> None:
    images = pictures(4, 5, 8)
    places = no_places(images)
    places[..., 0] = (steps(8, 0.5, images.device) * 2 / 8 - 1)[None, None, :]
    places[..., 1] = (steps(5, 0.5, images.device) * 2 / 5 - 1)[None, :, None]
    assert torch.equal(sampled(images, places, interpolation), images)
    assert torch.equal(sampled(images, places.flip(2), interpolation), images.flip(3))
    assert not sampled(images, places + 4, interpolation).any()


def test_planes_are_those_of_a_loop_over_all_pixels() -> None:
    rows, x, y = uniform(3, 3), uniform(4, seed=2), uniform(5, seed=3)
    expected = [[[a * right + b * down + c for right in x] for down in y] for a, b, c in rows]
    torch.testing.assert_close(planes(rows, x, y, out=torch.empty(3, 5, 4)), torch.tensor(expected))


def test_whole_levels_become_the_same_bytes() -> None:
    assert as_bytes(torch.arange(256.0)).tolist() == list(range(256))
