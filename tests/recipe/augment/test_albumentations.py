"""Lists of Albumentations transforms: what is refused, and that draws follow torch's generator alone."""

from __future__ import annotations

import ast
import random
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from ablation.errors import UserError
from ablation.recipe import augment
from ablation.recipe.augment import AugmentSettings, Frame
from ablation.recipe.augment.albumentations import Albumentations
from ablation.recipe.augment.library import transforms
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
    ("step", "place", "text"),
    [
        (
            "HorizontalFlop",
            (),
            r"no transform 'HorizontalFlop' in .* 2\.0\.8; did you mean 'HorizontalFlip'",
        ),
        (
            {"GaussNoise": {"var_limit": [10, 50]}},
            ("GaussNoise", "var_limit"),
            "no parameter 'var_limit'; today: std",
        ),
        ({"CoarseDropout": {"max_holes": 8}}, ("CoarseDropout", "max_holes"), "today: num_holes_range"),
        ({"HorizontalFlip": {"prob": 1}}, ("HorizontalFlip", "prob"), "no parameter 'prob'; known: p"),
        ({"CLAHE": {"clip_limits": 2}}, ("CLAHE", "clip_limits"), "did you mean 'clip_limit'"),
        ({"MedianBlur": {"blur_limits": 3}}, ("MedianBlur", "blur_limits"), "did you mean 'blur_limit'"),
        ({"GaussNoise": {"std_range": [10, 50]}}, ("GaussNoise", "std_range"), "must be >= 0 and <= 1"),
        ({"HorizontalFlip": {"p": 2}}, ("HorizontalFlip", "p"), "less than or equal to 1"),
        ({"HorizontalFlip": {"p": True}}, ("HorizontalFlip", "p"), "true has no meaning here"),
        ({"Rotate": {"border_mode": "reflect"}}, ("Rotate", "border_mode"), "should be 0, 1, 2, 3 or 4"),
        ({"Blur": {"blur_limit": 4}}, ("Blur",), "must be odd"),
        ("RandomCrop", ("RandomCrop",), "needs the parameter 'height'"),
        ("Normalize", ("Normalize",), r"turns an image into float32 .* must stay \(height, width, 3\) uint8"),
        ("ToTensorV2", ("ToTensorV2",), r"of shape \(3, 64, 64\)"),
        ({"ToGray": {"num_output_channels": 1}}, ("ToGray",), r"of shape \(64, 64\)"),
        ("MaskDropout", ("MaskDropout",), "cannot act on an image alone"),
        ("ToRGB", ("ToRGB",), "already an RGB"),
        ("Compose", (), "no transform 'Compose'"),
        ("Lambda", (), "no transform 'Lambda'"),
        (3, (), "must be a transform's name, or a mapping"),
        ({"HorizontalFlip": {}, "VerticalFlip": {}}, (), "must be a transform's name, or a mapping"),
        ({"HorizontalFlip": {"p": float("nan")}}, ("HorizontalFlip",), "holds what no file can hold"),
        ("OneOf", ("OneOf", "transforms"), "OneOf needs the parameter 'transforms'"),
        ({"OneOf": {"transforms": ["Sharpen"], "q": 1}}, ("OneOf",), "unknown setting 'q'"),
        ({"OneOf": {"transforms": [{"Sharpen": {"p": 0}}]}}, ("OneOf",), "all are 0"),
        ({"SomeOf": {"transforms": ["Sharpen"], "n": 2}}, ("SomeOf", "replace"), "n = 2 of 1 steps needs replace"),
        ({"OneOrOther": {"transforms": ["Sharpen"]}}, ("OneOrOther", "transforms"), "at least 2"),
        (
            {"OneOf": {"transforms": ["Sharpen", {"Sequential": {"transforms": [{"GaussNoise": {"p": -1}}]}}]}},
            ("OneOf", "transforms", 1, "Sequential", "transforms", 0, "GaussNoise", "p"),
            "greater than or equal to 0",
        ),
    ],
    ids=str,
)
def test_a_mistake_is_refused_at_its_place(step: Any, place: tuple[str | int, ...], text: str) -> None:
    with pytest.raises(ValidationError, match=text) as caught:
        listed("HorizontalFlip", step)
    assert caught.value.errors()[0]["loc"] == ("transforms", 1, *place)


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        listed()


def test_settings_survive_yaml_and_json_and_keep_what_was_written() -> None:
    chosen = listed("HorizontalFlip", *BUSY)
    plain = chosen.model_dump(mode="json")
    assert plain["transforms"] == ["HorizontalFlip", *BUSY]
    assert AugmentSettings.choose(yaml.safe_load(yaml.safe_dump(plain))) == chosen
    assert Albumentations.model_validate_json(chosen.model_dump_json()) == chosen
    assert hash(chosen) == hash(listed("HorizontalFlip", *BUSY))


def test_the_schema_lets_names_and_mappings_pass() -> None:
    kinds = Albumentations.model_json_schema()["properties"]["transforms"]["items"]["anyOf"]
    assert [kind["type"] for kind in kinds] == ["string", "object"]


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


SLOW = {"Superpixels", "GlassBlur", "RandomRain", "RandomFog", "PiecewiseAffine", "Spatter", "RandomSunFlare"}


def usable() -> list[str]:
    """Every transform that is accepted without parameters and keeps the size."""
    found = []
    for name in sorted(set(transforms()) - SLOW):
        try:
            listed({name: {"p": 1}}).build(FRAME)
        except (ValidationError, UserError):
            continue
        found.append(name)
    return found


def test_every_transform_of_the_library_repeats_itself_whatever_the_threads() -> None:
    names = usable()
    assert len(names) > 70
    threads = cv2.getNumThreads()
    others = random.getstate(), np.random.get_state()[1].tolist()
    for name in names:
        change = listed({name: {"p": 1}}).build(FRAME)
        cv2.setNumThreads(0)
        alone = seeded(change, 3)
        cv2.setNumThreads(2)
        assert torch.equal(seeded(change, 3), alone), name
    cv2.setNumThreads(threads)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == others


def test_the_library_is_imported_by_no_module_of_the_section_itself() -> None:
    for file in Path(augment.__file__).parent.glob("*.py"):
        top = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not [node for node in top if "import albumentations" in ast.unparse(node)], file.name
