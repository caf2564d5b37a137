"""The confusion matrix: its counts, its colours, and any number of classes."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from figure_reading import saved
from PIL import Image

from ablation.reporting.figures.confusion import confusion_figure
from ablation.reporting.figures.style import svg


def test_the_svg_of_a_confusion_matrix_holds_a_pixel_a_cell():
    written = svg(confusion_figure(np.array([[0, 1, 0], [0, 1, 0], [0, 0, 1]]), ["a", "b", "c"]))
    picture = re.search(r"base64,\s*([A-Za-z0-9+/=\s]+)", written)
    assert picture
    assert Image.open(io.BytesIO(base64.b64decode(picture[1]))).size == (3, 3)
    assert "image-rendering:pixelated" in written


def test_the_confusion_matrix_holds_the_counts_of_true_by_predicted():
    figure = confusion_figure(np.array([[2, 1, 0], [0, 1, 0], [1, 0, 0]]), ["a", "b", "c"])
    shown = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in figure.axes[0].texts}
    assert shown == {(0, 0): "2", (0, 1): "1", (1, 1): "1", (2, 0): "1"}
    assert np.asarray(figure.axes[0].images[0].get_array())[0] == pytest.approx([2 / 3, 1 / 3, 0])


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_any_number_of_classes_draws(classes):
    counts = np.roll(np.diag(np.arange(classes)), 1, axis=1)
    assert saved(confusion_figure(counts, [f"class {each}" for each in range(classes)]))


def test_many_classes_are_shown_by_colour_with_its_scale():
    assert len(confusion_figure(np.eye(30, dtype=int), [str(n) for n in range(30)]).axes) == 2
    assert len(confusion_figure(np.eye(3, dtype=int), "abc").axes) == 1
