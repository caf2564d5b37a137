"""Lists of Albumentations transforms: what is refused, and that draws follow torch's generator alone."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ablation.errors import UserError
from ablation.recipe.augment import AugmentSettings, Frame
from ablation.recipe.augment.pipeline import Pipeline

FRAME = Frame(image_size=32, mean=(120, 110, 100))
IMAGE = torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
FLIPS = ({"HorizontalFlip": {"p": 0.5}}, {"VerticalFlip": {"p": 0.5}})
BUSY = (
    {"Affine": {"rotate": [-20, 20], "p": 0.5}},
    {"OneOf": {"transforms": ["GaussNoise", {"GaussianBlur": {"p": 0.2}}, "ISONoise"], "p": 0.7}},
    {"SomeOf": {"transforms": ["RGBShift", "CLAHE", "CoarseDropout"], "n": 2}},
)


def listed(*transforms: Any) -> AugmentSettings:
    return AugmentSettings.choose({"name": "albumentations", "transforms": list(transforms)})


def seeded(change: Any, seed: int, image: Tensor = IMAGE) -> Tensor:
    torch.manual_seed(seed)
    return change(image)


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ([{"RandomCrop": {"height": 16, "width": 16}}], r"shape \(32, 32, 3\) into uint8 of shape \(16, 16, 3\)"),
        (["RandomScale"], r"into uint8 of shape"),
        ([{"RandomCrop": {"height": 128, "width": 128}}], "exceeds image dimensions"),
    ],
    ids=["crop", "scale", "too large"],
)
def test_a_pipeline_that_changes_the_size_is_refused_when_it_is_built(steps: list[Any], text: str) -> None:
    with pytest.raises(UserError, match=text):
        listed(*steps).build(FRAME)


@pytest.mark.parametrize(
    "steps",
    [
        [{"PadIfNeeded": {"min_height": 40, "min_width": 40}}, {"RandomCrop": {"height": 32, "width": 32}}],
        [{"RandomResizedCrop": {"size": [32, 32]}}],
        [{"RandomCrop": {"height": 16, "width": 16}}, {"Resize": {"height": 32, "width": 32}}],
    ],
    ids=["pad and crop", "resized crop", "crop and resize"],
)
def test_sizes_may_change_inside_a_pipeline(steps: list[Any]) -> None:
    assert seeded(listed(*steps).build(FRAME), 0).shape == IMAGE.shape


def test_two_transforms_of_one_pipeline_are_uncorrelated() -> None:
    marked = torch.zeros(3, 2, 2, dtype=torch.uint8)
    marked[:, 0, 0] = 255
    change = Pipeline(FLIPS, image_size=2)
    torch.manual_seed(0)
    corners = [change(marked)[0] for _ in range(3000)]
    across = np.array([corner[:, 1].any().item() for corner in corners])
    down = np.array([corner[1].any().item() for corner in corners])
    assert abs(across.mean() - 0.5) < 0.04  # 4 standard errors
    assert abs(down.mean() - 0.5) < 0.04
    assert abs(np.corrcoef(across, down)[0, 1]) < 0.08


@settings(max_examples=10, deadline=None)
@given(seeds=st.lists(st.integers(0, 2**40), min_size=2, max_size=6, unique=True), shuffle=st.randoms())
def test_an_image_depends_on_its_seed_alone_and_not_on_order_or_who_drew_before(
    seeds: list[int], shuffle: random.Random
) -> None:
    one, other = listed(*BUSY).build(FRAME), listed(*BUSY).build(FRAME)
    first = {seed: seeded(one, seed) for seed in seeds}
    shuffle.shuffle(seeds)
    assert all(torch.equal(seeded(other, seed), first[seed]) for seed in seeds)


def test_other_seeds_give_other_images() -> None:
    change = listed({"GaussNoise": {"p": 1}}).build(FRAME)
    assert len({tuple(seeded(change, seed).flatten().tolist()) for seed in range(20)}) == 20


def test_building_draws_nothing_and_using_it_draws_from_torch_alone() -> None:
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.random.get_rng_state()
    change = listed(*BUSY).build(FRAME)
    assert torch.equal(torch.random.get_rng_state(), before[2])
    change(IMAGE)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before[:2]
    assert not torch.equal(torch.random.get_rng_state(), before[2])


def test_the_original_is_untouched_and_the_result_is_contiguous() -> None:
    original = IMAGE.clone()
    changed = seeded(listed({"CoarseDropout": {"p": 1}}, {"VerticalFlip": {"p": 1}}).build(FRAME), 0)
    assert torch.equal(IMAGE, original)
    assert changed.is_contiguous()
    assert changed.dtype == torch.uint8


def test_a_flip_with_certainty_mirrors_the_image() -> None:
    assert torch.equal(seeded(listed({"HorizontalFlip": {"p": 1}}).build(FRAME), 0), IMAGE.flip(2))
