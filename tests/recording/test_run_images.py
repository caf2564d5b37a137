"""The quick pictures of a run, looked at pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from ablation.recording.run_images import AIR, CELL, DARKEST, LIGHTEST, confusion_image, curves_image

BLUE = (0x00, 0x72, 0xB2)


def corner(image: Image.Image, row: int, column: int, number: int) -> tuple[int, ...]:
    """The colour of a cell near its upper left corner, beside the count."""
    margin = image.width - AIR - CELL * number
    return image.getpixel((margin + CELL * column + 3, AIR + CELL * row + 3))


def pixels(image: Image.Image, colour: tuple[int, int, int]) -> int:
    return int((np.abs(np.asarray(image, dtype=int) - colour).max(axis=2) < 40).sum())


def test_a_cell_is_as_dark_as_its_share_of_the_true_class() -> None:
    labels, decisions = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])
    image = confusion_image(labels, decisions, ["a", "b", "never seen"])
    assert corner(image, 0, 0, 3) == tuple(DARKEST)
    assert corner(image, 0, 1, 3) == tuple(LIGHTEST)
    assert corner(image, 1, 0, 3) == corner(image, 1, 1, 3)
    np.testing.assert_allclose(corner(image, 1, 0, 3), (LIGHTEST + DARKEST) / 2, atol=1)
    assert corner(image, 2, 2, 3) == tuple(LIGHTEST)


@pytest.mark.parametrize("number", [1, 2, 30, 100, 1000])
def test_any_number_of_classes_makes_a_picture_of_a_page(number: int) -> None:
    labels = np.arange(number)
    image = confusion_image(labels, labels, [f"class {n} \N{SNOWMAN} \x1b[0m" * 3 for n in labels])
    assert max(image.size) <= 1200


@pytest.mark.parametrize("epochs", [1, 2, 12, 300])
def test_curves_show_a_line_of_each_kind(epochs: int) -> None:
    names = ("train/loss", "val/loss", "train/accuracy", "val/accuracy", "lr")
    history = [{"epoch": e} | {name: k / e for k, name in enumerate(names, 1)} for e in range(1, epochs + 1)]
    image = curves_image(history)
    assert pixels(image, BLUE) > 10
    only = curves_image([{"epoch": row["epoch"], "lr": row["lr"]} for row in history])
    assert pixels(only, BLUE) < pixels(image, BLUE)


def test_what_is_not_finite_is_a_gap() -> None:
    whole = [{"epoch": e, "train/loss": 1.0} for e in range(1, 9)]
    broken = [row | ({"train/loss": bad} if row["epoch"] in (4, 5) else {}) for row in whole for bad in [math.nan]]
    assert 0 < pixels(curves_image(broken), BLUE) < pixels(curves_image(whole), BLUE)
    curves_image([{"epoch": 1, "train/loss": math.inf, "lr": math.nan}])
    curves_image([])
