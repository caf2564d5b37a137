"""The presets against the documents' values and the formulas of the library's version 1.3, written out here."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import torch

from ablation.recipe.augment import AugmentSettings, Frame
from ablation.recipe.augment.library import library, made
from ablation.recipe.augment.pipeline import Listed

REFLECT_101 = cv2.BORDER_REFLECT_101
NOISE = np.random.default_rng(0).integers(256, size=(64, 64, 3), dtype=np.uint8)
SMOOTH = cv2.GaussianBlur(NOISE, (3, 3), 0)


def built(name: str, size: int = 224) -> list[dict[str, Any]]:
    """What the library says that the built pipeline holds."""
    settings = AugmentSettings.choose(name)
    assert isinstance(settings, Listed)
    composed = library().Compose([made(step) for step in settings.steps(size)])
    found: list[dict[str, Any]] = library().to_dict(composed)["transform"]["transforms"]
    return found


def kinds(transforms: list[dict[str, Any]]) -> list[str]:
    return [each["__class_fullname__"] for each in transforms]


def holds(transform: dict[str, Any], **values: Any) -> bool:
    return all(np.allclose(transform[key], value) for key, value in values.items())


def is_old_noise(transform: dict[str, Any]) -> bool:
    """GaussNoise(var_limit=(10, 50)): sigma = sqrt(var) on pixels of 0 to 255."""
    return holds(transform, std_range=(math.sqrt(10) / 255, math.sqrt(50) / 255), mean_range=(0, 0))


def test_document_001_flips_rotates_by_20_degrees_and_takes_the_defaults_of_then() -> None:
    found = built("transfer")
    rotate, light, noise, blur, dropout = found[2:]
    assert kinds(found)[:4] == ["HorizontalFlip", "VerticalFlip", "Rotate", "RandomBrightnessContrast"]
    assert {each["p"] for each in found} == {0.5}
    assert holds(rotate, limit=(-20, 20), border_mode=REFLECT_101)
    assert holds(light, brightness_limit=(-0.2, 0.2), contrast_limit=(-0.2, 0.2))
    assert is_old_noise(noise)
    assert [each["blur_limit"] for each in blur["transforms"]] == [(3, 3), (5, 5), (7, 7)]
    assert holds(dropout, num_holes_range=(8, 8), hole_height_range=(8, 8), hole_width_range=(8, 8), fill=0)


def test_document_002_has_its_numbers() -> None:
    bend, grid, noise, _, clahe, dropout = found = built("manufacturing")
    assert {each["p"] for each in found} == {0.5}
    assert kinds(found) == ["ElasticTransform", "GridDistortion", "GaussNoise", "OneOf", "CLAHE", "CoarseDropout"]
    assert holds(bend, alpha=1, sigma=50, border_mode=REFLECT_101)
    assert holds(grid, num_steps=5, distort_limit=(-0.3, 0.3), normalized=False, border_mode=REFLECT_101)
    assert is_old_noise(noise)
    assert holds(clahe, clip_limit=(1, 2), tile_grid_size=(8, 8))
    assert holds(dropout, num_holes_range=(8, 8), hole_height_range=(32, 32), hole_width_range=(32, 32), fill=0)


def test_document_003s_snippet_has_three_groups_of_three_at_0_3() -> None:
    found = built("oneof_groups")
    assert kinds(found) == ["OneOf"] * 3
    assert [each["p"] for each in found] == [0.3] * 3
    (move, bend, grid), (noise, _, motion), (light, hue, shift) = (each["transforms"] for each in found)
    assert {each["p"] for group in found for each in group["transforms"]} == {0.5}  # equal weights
    assert holds(move, rotate=(-15, 15), border_mode=REFLECT_101)
    assert move["scale"] == {"x": (0.9, 1.1), "y": (0.9, 1.1)}
    assert move["keep_ratio"] is True
    assert move["translate_percent"] == {"x": (-0.1, 0.1), "y": (-0.1, 0.1)}
    assert holds(bend, alpha=1, sigma=50)
    assert holds(grid, num_steps=5, distort_limit=(-0.3, 0.3))
    assert is_old_noise(noise)
    assert holds(motion, blur_limit=(3, 7))
    assert holds(light, brightness_limit=(-0.2, 0.2), contrast_limit=(-0.2, 0.2))
    assert holds(hue, hue_shift_limit=(-20, 20), sat_shift_limit=(-30, 30), val_shift_limit=(-20, 20))
    assert holds(shift, r_shift_limit=(-20, 20), g_shift_limit=(-20, 20), b_shift_limit=(-20, 20))


def test_document_003s_groups_act_on_as_many_images_as_their_probabilities_say() -> None:
    change = AugmentSettings.choose("oneof_groups").build(Frame(32, (0, 0, 0)))
    image = torch.from_numpy(SMOOTH[:32, :32].copy()).permute(2, 0, 1)
    torch.manual_seed(0)
    same = sum(torch.equal(change(image), image) for _ in range(1000)) / 1000
    # none of three groups acts; a change so small that it leaves every pixel may add to it
    assert 0.7**3 - 4 * math.sqrt(0.343 * 0.657 / 1000) < same < 0.7**3 + 0.1
