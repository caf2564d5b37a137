"""The contact sheet: which image stands where, under which name, and that it draws at any size."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib._pylab_helpers import Gcf
from PIL import Image

from ablation.reporting.figures.preview import preview_sheet


def sheet(rows=3, versions=4, side=32, mixtures=0, labels=None, **others):
    noise = np.random.default_rng(0)
    images = noise.integers(256, size=(rows, side, side, 3), dtype=np.uint8)
    changed = noise.integers(256, size=(rows, versions, side, side, 3), dtype=np.uint8)
    mixed = noise.integers(256, size=(rows, mixtures, side, side, 3), dtype=np.uint8) if mixtures else None
    names = labels or [f"class {row}" for row in range(rows)]
    captions = [[f"0.7 a{row} + 0.3 b{column}" for column in range(mixtures)] for row in range(rows)]
    return images, changed, mixed, preview_sheet(images, changed, names, mixed, captions, **others)


def shown(figure) -> dict[tuple[int, int], object]:
    """The axes by row and column, read off their places on the sheet."""
    boxes = {axes: axes.get_position() for axes in figure.axes}
    tops = sorted({round(box.y1, 6) for box in boxes.values()}, reverse=True)
    lefts = sorted({round(box.x0, 6) for box in boxes.values()})
    return {(tops.index(round(box.y1, 6)), lefts.index(round(box.x0, 6))): axes for axes, box in boxes.items()}


def pixels(axes) -> np.ndarray:
    return np.asarray(axes.images[0].get_array())


def test_each_row_holds_an_image_its_versions_and_its_mixtures_in_order():
    images, changed, mixed, figure = sheet(mixtures=2)
    places = shown(figure)
    assert len(places) == 3 * (1 + 4 + 2)
    for (row, column), axes in places.items():
        expected = np.concatenate([images[row : row + 1], changed[row], mixed[row]])[column]
        np.testing.assert_array_equal(pixels(axes), expected)


def test_names_stand_below_their_images_and_headings_above_the_first_row():
    *_, figure = sheet(mixtures=2)
    places = shown(figure)
    assert [places[0, column].get_title() for column in range(7)] == [
        "as it is",
        *(f"epoch {epoch}" for epoch in (1, 2, 3, 4)),
        "mixed",
        "",
    ]
    assert not any(axes.get_title() for (row, _), axes in places.items() if row > 0)
    assert [places[row, 0].get_xlabel() for row in range(3)] == ["class 0", "class 1", "class 2"]
    assert places[1, 6].get_xlabel() == "0.7 a1 + 0.3 b1"


@pytest.mark.parametrize("side", [8, 28, 32, 48, 64, 96])
def test_a_small_image_is_shown_in_whole_dots_without_blur(side):
    images, _, _, figure = sheet(rows=2, versions=1, side=side, title="a rung")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    drawn = np.asarray(Image.open(buffer).convert("RGB")).reshape(-1, 3)
    colours = {tuple(colour) for colour in images.reshape(-1, 3).tolist()}
    assert colours <= {tuple(colour) for colour in np.unique(drawn, axis=0).tolist()}


def test_eight_images_by_six_versions_with_mixtures_fit_a_screen():
    *_, figure = sheet(rows=8, versions=6, side=224, mixtures=2)
    width, height = figure.get_size_inches()
    assert width < 12
    assert height < 14


def test_odd_names_draw():
    labels = ["$\\frac{$", "\x1b[31mred", "a very long name of a class that goes on and on without an end"]
    *_, figure = sheet(labels=labels, title="$x \x1b[0m")
    figure.savefig(io.BytesIO(), format="png")
    assert shown(figure)[2, 0].get_xlabel().count("\n") <= 1


def test_it_leaves_no_global_state_behind():
    assert not Gcf.figs  # where pyplot would keep them
