from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import hsv_to_rgb, rgb_to_hsv
from pydantic import TypeAdapter, ValidationError
from scipy.ndimage import gaussian_filter
from scipy.stats import norm
from torch import Tensor

from ablation.recipe.component import choices
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.corruption.blur import Blur
from ablation.recipe.corruption.brightness import Brightness
from ablation.recipe.corruption.contrast import Contrast
from ablation.recipe.corruption.gaussian_noise import GaussianNoise
from ablation.recipe.corruption.occlusion import GREY, Occlusion

every_corruption = pytest.mark.parametrize(
    "known", choices(CorruptionSettings).values(), ids=lambda known: known.__name__
)


def picture(height: int = 40, width: int = 40, seed: int = 0) -> Tensor:
    """Black, white and every colour between."""
    generator = torch.Generator().manual_seed(seed)
    image = torch.randint(0, 256, (3, height, width), dtype=torch.uint8, generator=generator)
    image[:, 0], image[:, -1] = 0, 255
    return image


@every_corruption
@pytest.mark.parametrize("side", [1, 2, 28, 33])
def test_an_image_of_any_size_keeps_its_shape_and_type_and_is_not_edited(
    known: type[CorruptionSettings], side: int
) -> None:
    image = picture(side, side)
    before = image.clone()
    changed = known().build()(image)
    assert (changed.shape, changed.dtype) == (image.shape, torch.uint8)
    assert torch.equal(image, before)


@every_corruption
def test_the_default_changes_a_picture(known: type[CorruptionSettings]) -> None:
    assert not torch.equal(known().build()(picture()), picture())


@every_corruption
def test_what_is_built_reaches_the_workers(known: type[CorruptionSettings]) -> None:
    torch.manual_seed(0)
    here = known().build()(picture())
    torch.manual_seed(0)
    assert torch.equal(pickle.loads(pickle.dumps(known().build()))(picture()), here)


@pytest.mark.parametrize("still", [Blur(), Brightness(), Contrast()], ids=lambda known: known.name)
def test_what_needs_no_chance_draws_nothing(still: CorruptionSettings) -> None:
    before = torch.get_rng_state()
    still.build()(picture())
    assert torch.equal(torch.get_rng_state(), before)


def test_metrics_are_filed_under_the_name_without_an_import_path() -> None:
    assert [known().label for known in choices(CorruptionSettings).values()] == list(choices(CorruptionSettings))
    assert GaussianNoise.model_construct(name="my_noise:Rain").label == "Rain"


@pytest.mark.parametrize("std", [0.05, 0.18])
def test_noise_is_normal_of_the_given_spread_and_independent_between_values(std: float) -> None:
    torch.manual_seed(0)
    grey = torch.full((3, 200, 200), 128, dtype=torch.uint8)
    noise = (GaussianNoise(std=std).build()(grey).double() - 128) / 255
    at_rounding = [norm(0, std).cdf((edge - 128.5) / 255) for edge in range(1, 256)]  # P(value < edge)
    shares = [(noise < (edge - 128.5) / 255).double().mean().item() for edge in range(1, 256)]
    assert np.abs(np.subtract(shares, at_rounding)).max() < 0.006  # Kolmogorov's 99.9 % band of 120,000 draws
    assert abs(torch.corrcoef(noise.flatten(1))[0, 1]) < 0.02
    assert abs(torch.corrcoef(torch.stack([noise[:, :, 1:].flatten(), noise[:, :, :-1].flatten()]))[0, 1]) < 0.02


def test_noise_stays_between_black_and_white() -> None:
    torch.manual_seed(0)
    edges = torch.tensor([0, 255], dtype=torch.uint8).reshape(1, 1, 2).expand(3, 100, 2)
    changed = GaussianNoise().build()(edges)
    assert (changed[..., 0] == 0).float().mean() == pytest.approx(0.5, abs=0.1)  # half the draws would go below black
    assert (changed[..., 1] == 255).float().mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("sigma", [0.0134, 0.027, 0.05])
def test_blur_equals_scipys(sigma: float) -> None:
    image = picture(64, 80).float().mul(0.5).byte()
    pixels = sigma * 64
    expected = gaussian_filter(
        image.numpy().astype(float), pixels, axes=(1, 2), mode="mirror", radius=round(4 * pixels)
    )
    assert np.abs(Blur(sigma=sigma).build()(image).numpy() - expected).max() <= 0.51


def test_blur_leaves_an_even_colour_alone() -> None:
    even = torch.tensor([10, 128, 250], dtype=torch.uint8).reshape(3, 1, 1).expand(3, 32, 32)
    assert torch.equal(Blur(sigma=0.05).build()(even), even)


@given(share=st.floats(0.001, 1), height=st.integers(1, 40), width=st.integers(1, 40), seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_occlusion_paints_one_grey_square_of_the_given_share(share: float, height: int, width: int, seed: int) -> None:
    torch.manual_seed(seed)
    white = torch.full((3, height, width), 255, dtype=torch.uint8)
    hidden = (Occlusion(share=share).build()(white) == GREY).all(0)
    rows, columns = hidden.any(1), hidden.any(0)
    side = int(rows.sum())
    assert torch.equal(hidden, rows[:, None] & columns[None, :])
    assert side == int(columns.sum())
    whole = (share * height * width) ** 0.5
    assert side == max(1, min(height, width)) if whole > min(height, width) else abs(side - max(1, whole)) <= 0.5


def test_a_quarter_of_a_32_pixel_image_is_16_pixels_a_side() -> None:
    hidden = Occlusion().build()(torch.zeros(3, 32, 32, dtype=torch.uint8)) == GREY
    assert hidden.sum() == 3 * 16 * 16


def test_the_square_falls_everywhere_and_reaches_every_edge() -> None:
    torch.manual_seed(0)
    occlude, black = Occlusion().build(), torch.zeros(3, 8, 8, dtype=torch.uint8)
    corners = torch.zeros(5, 5)
    for _ in range(1000):
        top, left = (occlude(black)[0] == GREY).nonzero()[0].tolist()
        corners[top, left] += 1
    expected = 1000 / 25
    assert ((corners - expected) ** 2 / expected).sum() < 51.2  # chi squared, 24 degrees of freedom, 99.9 %


@pytest.mark.parametrize("amount", [-0.5, -0.1, 0.0, 0.1, 0.3, 0.5, 1.0])
def test_brightness_moves_the_value_of_hsv(amount: float) -> None:
    image = picture()
    hsv = rgb_to_hsv(image.permute(1, 2, 0).numpy() / 255)
    hsv[..., 2] = np.clip(hsv[..., 2] + amount, 0, 1)
    expected = torch.from_numpy(hsv_to_rgb(hsv) * 255).permute(2, 0, 1)
    assert (Brightness(amount=amount).build()(image).double() - expected).abs().max() <= 0.501


def test_no_brightness_changes_nothing() -> None:
    assert torch.equal(Brightness(amount=0).build()(picture()), picture())


@pytest.mark.parametrize("factor", [0.0, 0.05, 0.2, 0.4, 1.0])
def test_contrast_draws_every_value_towards_the_mean_grey(factor: float) -> None:
    image = picture().double()
    grey = (0.299 * image[0] + 0.587 * image[1] + 0.114 * image[2]).mean()
    expected = grey + factor * (image - grey)
    assert (Contrast(factor=factor).build()(picture()).double() - expected).abs().max() <= 1.51  # torchvision cuts


def test_full_contrast_changes_nothing() -> None:
    assert torch.equal(Contrast(factor=1).build()(picture()), picture())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "gaussian_noise", "std": 0}, "greater than 0"),
        ({"name": "occlusion", "share": 1.5}, "less than or equal to 1"),
        ({"name": "blur", "sigma": 3}, "less than or equal to 0.05"),
        ("gausian_noise", "did you mean 'gaussian_noise'"),
    ],
)
def test_a_wrong_corruption_is_refused(given: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(CorruptionSettings).validate_python(given)


def test_two_strengths_of_one_corruption_have_labels_of_their_own() -> None:
    assert (GaussianNoise().label, GaussianNoise(std=0.3).label) == ("gaussian_noise", "gaussian_noise std 0.3")
