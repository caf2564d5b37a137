"""Given its parameters, each change makes of each image what torchvision's functional makes of it on uint8 tensors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from batch_images import assert_near, pictures, uniform
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.functional import pil_to_tensor, to_pil_image
from torchvision.transforms.v2 import functional as F

from ablation.recipe.augment.batch import colour, tone
from ablation.recipe.augment.batch.affine import moved, shifting, turning
from ablation.recipe.augment.batch.erasing import Erasing
from ablation.recipe.augment.batch.perspective import Perspective, tilted
from ablation.recipe.augment.batch.policy import MOVES, moved_by
from ablation.recipe.augment.batch.resized_crop import ResizedCrop, cropped
from ablation.recipe.augment.batch.sampling import Interpolation

COUNT = 16
LARGE = pytest.param((224, 224), marks=pytest.mark.slow)
SIZES = [(32, 32), (24, 17), (5, 8), (1, 1), LARGE]
MODES: list[Interpolation] = ["nearest", "bilinear"]
Functional = Callable[[Tensor, float], Tensor]


@pytest.fixture(params=SIZES, ids=str)
def images(request: pytest.FixtureRequest) -> Tensor:
    return pictures(COUNT if request.param[0] < 100 else 4, *request.param)


def spread(images: Tensor, low: float, high: float) -> Tensor:
    """A number for each image, evenly from low to high with both ends, float64."""
    return torch.linspace(low, high, len(images), dtype=torch.float64)


def nearly(interpolation: str) -> dict[str, float]:
    """How near a warp is: where float32 rounds a place or a level the other way, a pixel differs."""
    return {"equal": 0.998, "levels": 255 if interpolation == "nearest" else 1}


@pytest.mark.parametrize("interpolation", MODES)
def test_rotation(images: Tensor, interpolation: Interpolation) -> None:
    angles = spread(images, -135, 134)
    theirs = [
        F.rotate(image, angle, InterpolationMode(interpolation))
        for image, angle in zip(images, angles.tolist(), strict=True)
    ]
    assert_near(moved(images, turning(angles), interpolation), theirs, **nearly(interpolation))


@pytest.mark.parametrize("interpolation", MODES)
def test_shift_and_zoom(images: Tensor, interpolation: Interpolation) -> None:
    right, down, zoom = spread(images, -5, 7).round(), spread(images, 3, -4).round(), 0.8 + uniform(len(images)) / 2
    theirs = [
        F.affine(image, 0, [x, y], scale, [0, 0], InterpolationMode(interpolation))
        for image, x, y, scale in zip(images, right.tolist(), down.tolist(), zoom.tolist(), strict=True)
    ]
    assert_near(moved(images, shifting(right, down, zoom), interpolation), theirs, **nearly(interpolation))


@pytest.mark.parametrize("interpolation", MODES)
@pytest.mark.parametrize(("move", "largest"), list(zip(MOVES, [0.99, 0.99, 12.7, 12.7, 135], strict=True)))
def test_each_move_of_a_policy(images: Tensor, interpolation: Interpolation, move: str, largest: float) -> None:
    strengths = spread(images, -largest, largest)
    transform = v2.RandAugment(interpolation=InterpolationMode(interpolation))
    theirs = [
        transform._apply_image_or_video_transform(image, move, strength, transform.interpolation, transform._fill)
        for image, strength in zip(images, strengths.tolist(), strict=True)
    ]
    numbers = torch.stack([strengths, torch.full_like(strengths, MOVES.index(move))], dim=1)
    assert_near(moved_by(images, numbers, interpolation), theirs, **nearly(interpolation))


@pytest.mark.parametrize("size", [(32, 32), (24, 17), (2, 9), LARGE], ids=str)
@pytest.mark.parametrize("distortion", [0.2, 0.5])
def test_perspective(size: tuple[int, int], distortion: float) -> None:
    images, (height, width) = pictures(COUNT, *size), size
    corners = Perspective(distortion, 1).corners(uniform(COUNT, 8), *size)
    start = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
    theirs = [F.perspective(image, start, end.long().tolist()) for image, end in zip(images, corners, strict=True)]
    assert_near(tilted(images, corners.flatten(1)), theirs, equal=0.995, levels=1)


@pytest.mark.parametrize("distortion", [0.0, 1.0])
def test_perspective_of_no_strength_keeps_images_and_of_full_strength_stays_in_bounds(distortion: float) -> None:
    images, step = pictures(64, 12, 12), Perspective(distortion, 1)
    changed = step(images, uniform(64, step.draws))
    assert torch.equal(changed, images) is (distortion == 0)
    assert changed.shape == images.shape


def test_resized_crop(images: Tensor) -> None:
    size = tuple(images.shape[2:])
    boxes = ResizedCrop((0.08, 1)).parameters(uniform(len(images), 22), *size)
    boxes[0], boxes[1] = torch.tensor([0, 0, *size]), torch.tensor([size[0] - 1, 0, 1, 1])
    whole = [[int(side) for side in box] for box in boxes]
    exact = [
        F.resized_crop(image.float(), *box, size=size).round().byte() for image, box in zip(images, whole, strict=True)
    ]
    assert_near(cropped(images, boxes), exact, equal=0.98, levels=1)  # places between two pixels make many halves
    # on uint8 torchvision rounds after each of two directions
    theirs = [F.resized_crop(image, *box, size=size) for image, box in zip(images, whole, strict=True)]
    assert_near(cropped(images, boxes), theirs, equal=0.75, levels=1)
    assert torch.equal(cropped(images, boxes)[0], images[0])


def test_erasing(images: Tensor) -> None:
    size = images.shape[2:]
    boxes, colour_ = Erasing(1, (9, 200, 7)).parameters(uniform(len(images), 23), *size), torch.tensor([9, 200, 7])
    theirs = [
        F.erase(image, *(int(side) for side in box), v=colour_[:, None, None])
        for image, box in zip(images, boxes[:, 1:], strict=True)
    ]
    assert_near(Erasing(1, (9, 200, 7)).changed(images, boxes), theirs)


@pytest.mark.parametrize(
    ("ours", "theirs", "low", "high"),
    [
        (colour.brighter, F.adjust_brightness, 0, 1.99),
        (colour.sharpened, F.adjust_sharpness, 0, 1.99),
        (tone.solarized, lambda image, share: F.solarize(image, 255 * share), 0, 1),
        (tone.posterized, lambda image, bits: F.posterize(image, int(bits)), 0, 8),
        (tone.stretched, lambda image, _: F.autocontrast(image), 0, 0),
        (tone.equalized, lambda image, _: F.equalize(image), 0, 0),
        (tone.inverted, lambda image, _: F.invert(image), 0, 0),
    ],
    ids=["brightness", "sharpness", "solarize", "posterize", "autocontrast", "equalize", "invert"],
)
def test_changes_that_are_equal(
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


@given(st.integers(1, 400), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_equalising_and_stretching_hold_for_any_levels(pixels: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    top = int(torch.randint(1, 257, (), generator=generator))
    images = torch.randint(top, (2, 3, 1, pixels), dtype=torch.uint8, generator=generator)
    assert_near(tone.equalized(images, images), [F.equalize(image) for image in images])
    assert_near(tone.stretched(images, images), [F.autocontrast(image) for image in images])
