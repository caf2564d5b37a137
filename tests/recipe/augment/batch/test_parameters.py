"""Parameters made of uniform numbers are distributed as torchvision's random transforms draw them."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from batch_images import uniform
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, ks_2samp
from torch import Tensor
from torchvision.transforms import v2

from ablation.recipe.augment.batch import draws
from ablation.recipe.augment.batch.affine import Rotation, ShiftZoom, turning
from ablation.recipe.augment.batch.boxes import Boxes
from ablation.recipe.augment.batch.erasing import Erasing
from ablation.recipe.augment.batch.flip import Flip
from ablation.recipe.augment.batch.jitter import Jitter
from ablation.recipe.augment.batch.perspective import Perspective
from ablation.recipe.augment.batch.resized_crop import ResizedCrop
from ablation.recipe.augment.batch.step import Step

OURS, THEIRS = 10_000, 500
ERASED = ("i", "j", "h", "w")
CROPPED = ("top", "left", "height", "width")
SIZES = [(32, 32), (10, 60)]


def parameters(step: Step, size: tuple[int, int] = (32, 32)) -> NDArray[np.float64]:
    return step.parameters(uniform(OURS, step.draws), *size).numpy()


def drawn(transform: Any, size: tuple[int, int] = (32, 32), count: int = THEIRS) -> list[dict[str, Any]]:
    """What torchvision's transform draws, seeded."""
    image = torch.zeros(3, *size, dtype=torch.uint8)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return [transform.make_params([image]) for _ in range(count)]


def assert_alike(ours: NDArray[np.float64], theirs: list[float]) -> None:
    assert ks_2samp(ours, theirs).pvalue > 1e-3


def test_whole_numbers_are_even_and_stay_below_their_count() -> None:
    last = torch.tensor([1 - 2**-24])
    for count in range(1, 2000):
        assert draws.whole(last, count).item() == count - 1
    assert np.ptp(np.bincount(draws.whole(uniform(70_000), 7).int().numpy())) < 600
    assert draws.whole(torch.zeros(1), 5).item() == 0
    assert Counter(draws.sign(uniform(10_000)).tolist())[-1.0] == pytest.approx(5000, abs=200)


@pytest.mark.parametrize(("probability", "share"), [(0, 0), (0.3, 0.3), (1, 1)])
def test_a_flip_has_its_probability_and_none_and_all_are_certain(probability: float, share: float) -> None:
    found = parameters(Flip(probability)).mean()
    assert found == pytest.approx(share, abs=0.025 if 0 < share < 1 else 0)


def test_rotation() -> None:
    matrices = torch.from_numpy(parameters(Rotation(15, "nearest")))
    angles = torch.atan2(matrices[:, 3], matrices[:, 0]).rad2deg()
    torch.testing.assert_close(turning(angles), matrices)
    assert_alike(angles.numpy(), [each["angle"] for each in drawn(v2.RandomRotation(15))])


@pytest.mark.parametrize("size", SIZES)
def test_shift_and_zoom(size: tuple[int, int]) -> None:
    found = parameters(ShiftZoom(0.1, (0.9, 1.1), "nearest"), size)
    theirs = drawn(v2.RandomAffine(0, (0.1, 0.1), (0.9, 1.1)), size)
    zoom = 1 / found[:, 0]
    assert_alike(zoom, [each["scale"] for each in theirs])
    for axis, column in enumerate((2, 5)):
        pixels = -found[:, column] * zoom
        np.testing.assert_allclose(pixels, pixels.round(), atol=1e-9)
        assert_alike(pixels.round(), [each["translate"][axis] for each in theirs])


@pytest.mark.parametrize("size", SIZES)
def test_perspective(size: tuple[int, int]) -> None:
    step, (height, width) = Perspective(0.3, 0.4), size
    found = parameters(step, size)
    assert found[:, 0].mean() == pytest.approx(0.4, abs=0.025)
    corners = found[:, 1:].reshape(-1, 4, 2)
    reach = int(0.3 * (width // 2)) + 1, int(0.3 * (height // 2)) + 1  # torchvision's bounds, written out
    for corner, (right, below) in enumerate([(0, 0), (1, 0), (1, 1), (0, 1)]):
        for axis, (far, side) in enumerate([(right, width), (below, height)]):
            inwards = side - 1 - corners[:, corner, axis] if far else corners[:, corner, axis]
            counts = np.bincount(inwards.astype(int), minlength=reach[axis])
            assert len(counts) == reach[axis]
            np.testing.assert_allclose(counts / OURS, 1 / reach[axis], atol=0.025)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", [(0.08, 1.0), (0.9, 1.0)])
def test_resized_crop(size: tuple[int, int], scale: tuple[float, float]) -> None:
    found, theirs = parameters(ResizedCrop(scale), size), drawn(v2.RandomResizedCrop(size, scale), size)
    for column, name in enumerate(CROPPED):
        assert_alike(found[:, column], [each[name] for each in theirs])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("scale", "ratio"), [((0.02, 0.33), (0.3, 3.3)), ((0.5, 1.0), (0.1, 2.0))])
def test_erasing(size: tuple[int, int], scale: tuple[float, float], ratio: tuple[float, float]) -> None:
    found = parameters(Erasing(0.25, (0, 0, 0), scale, ratio), size)
    theirs = drawn(v2.RandomErasing(1, scale, ratio, value=[0, 0, 0]), size)
    assert found[:, 0].mean() == pytest.approx(0.25, abs=0.025)
    for column, name in enumerate(ERASED, start=1):
        # torchvision says "all of the image, with nothing" where no try fits
        assert_alike(found[:, column], [0 if each["v"] is None else each[name] for each in theirs])


def test_the_first_try_that_fits_is_taken_and_else_the_way_out() -> None:
    boxes = Boxes(10, 10, (0.0, 4.0), (1.0, 1.0), (1, 1), (10, 10), (1, 2, 3, 4))
    numbers = torch.zeros(4, 22)
    numbers[:, :10] = 0.9  # an area of 3.6 images
    numbers[1, 3], numbers[2, 9], numbers[2, 4] = 0.16, 0.09, 0.01
    numbers[3, 0] = 0.25
    expected = torch.tensor([[1, 2, 3, 4], [0, 0, 8, 8], [0, 0, 2, 2], [0, 0, 10, 10]])
    assert torch.equal(boxes.drawn(numbers), expected.double())


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
