"""Transforms of Albumentations 1.x in today's names, against the formulas of version 1.3, written out here."""

from __future__ import annotations

import random

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from ablation.recipe.augment.library import made
from ablation.recipe.augment.translated import coarse_dropout, elastic, gaussian_blur, grid_distortion

NOISE = np.random.default_rng(0).integers(256, size=(64, 64, 3), dtype=np.uint8)
SMOOTH = cv2.GaussianBlur(NOISE, (3, 3), 0)


@pytest.mark.parametrize(("size", "pixels"), [(224, 32), (128, 18), (64, 9), (32, 5), (3, 1)])
def test_holes_shrink_with_the_image(size: int, pixels: int) -> None:
    assert coarse_dropout(8, 32, size)["CoarseDropout"]["hole_width_range"] == [pixels, pixels]


def test_eight_holes_of_the_old_size_are_black() -> None:
    white = np.full((224, 224, 3), 255, np.uint8)
    transform = made({"CoarseDropout": coarse_dropout(8, 32, 224)["CoarseDropout"] | {"p": 1}})
    transform.set_random_seed(0)
    black = [(transform(image=white)["image"] == 0).all(axis=2).sum() for _ in range(100)]
    assert max(black) == 8 * 32**2  # where none overlap


@pytest.mark.parametrize(("kernel", "number"), [(3, 0), (5, 1), (7, 2)])
def test_a_blur_is_opencvs_for_its_kernel(kernel: int, number: int) -> None:
    [step] = gaussian_blur(3, 5, 7)["OneOf"]["transforms"][number : number + 1]
    ours = made({"GaussianBlur": step["GaussianBlur"] | {"p": 1}})(image=SMOOTH)["image"]
    old = cv2.GaussianBlur(SMOOTH, (kernel, kernel), 0)  # what version 1.3 called, sigma 0
    assert np.abs(ours.astype(int) - old).max() <= 2


def old_grid(side: int, steps: int, draws: random.Random) -> list[float]:
    """Where version 1.3 read each column from, in whole steps; it snapped the last few columns to the edge."""
    places, before, step = [], 0.0, side // steps
    for _ in range(steps):
        after = before + step * (1 + draws.uniform(-0.3, 0.3))
        places += np.linspace(before, after, step).tolist()
        before = after
    return places


@pytest.mark.parametrize("side", [64, 224])
def test_grid_distortion_is_the_old_one_but_for_the_last_columns(side: int) -> None:
    transform = made(grid_distortion(5, 0.3))
    transform.set_random_state(np.random.default_rng(0), random.Random(7))
    columns = transform.get_params_dependent_on_data({"shape": (side, side, 3)}, {})["map_x"][0]
    expected = old_grid(side, 5, random.Random(7))
    np.testing.assert_allclose(columns[: len(expected)], expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("side", [32, 224])
def test_the_documents_elastic_deformation_moves_no_pixel_by_a_quarter_of_one_then_or_now(side: int) -> None:
    transform = made(elastic(1, 50))
    transform.set_random_seed(0)
    for seed in range(5):
        moved = transform.get_params_dependent_on_data({"shape": (side, side, 3)}, {})
        now = moved["map_x"] - np.arange(side)
        then = gaussian_filter(np.random.default_rng(seed).random((side, side)) * 2 - 1, 50)
        assert np.abs(now).max() < 0.25
        assert np.abs(then).max() < 0.04
