"""Accuracy of each class before and after: their order, and which of many are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from figure_reading import details_of, points, words

from ablation.reporting.figures.class_accuracy import class_accuracy_figure


def test_classes_keep_their_order_while_they_are_few():
    figure = class_accuracy_figure(details_of(np.full((2, 3), 0.5), np.array([[0.6, 0.4, 0.5]] * 2), "xyz"))
    assert [each for each in words(figure) if each in "xyz"] == ["x", "y", "z"]
    assert {"+10.0", "-10.0", "+0.0"} <= set(words(figure))
    assert [x for x, _ in points(figure, "D")] == pytest.approx([60, 40, 50])


def test_many_classes_are_sorted_by_change_and_the_middle_is_left_out():
    names = [f"class {n}" for n in range(100)]
    after = np.tile(np.random.default_rng(0).permutation(100) / 100, (2, 1))
    figure = class_accuracy_figure(details_of(np.zeros((2, 100)), after, names))
    shown = [x for x, _ in points(figure, "D")]
    assert shown == sorted(shown, reverse=True)
    assert (shown[0], shown[-1], len(shown)) == (pytest.approx(99), 0, 40)
    assert "60 classes in between" in figure.axes[0].get_xlabel()


def test_classes_without_runs_or_images_draw_nothing():
    assert "no finished runs to compare" in words(class_accuracy_figure(details_of(None, np.ones((2, 2)), "ab")))
    hole = np.array([[0.5, np.nan]] * 2)
    assert len(points(class_accuracy_figure(details_of(hole, hole, "ab")), "D")) == 1
