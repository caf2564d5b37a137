"""What all figures share: colours that differ in grey, and an SVG that is the same for the same figure."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib._pylab_helpers import Gcf

from ablation.reporting.figures.style import BLUE, DARK_GREY, ORANGE, PALE, SKY, VERMILION, svg
from ablation.reporting.figures.waterfall import waterfall


def test_the_same_table_makes_the_same_svg(table):
    one, other = svg(waterfall(table)), svg(waterfall(table))
    assert one == other
    assert ElementTree.fromstring(one).tag.endswith("svg")
    assert "<dc:date>" not in one


def luminance(colour: str) -> float:
    """Relative luminance, 0..1 (WCAG 2.2)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize(("one", "other"), [(BLUE, ORANGE), (SKY, VERMILION), (BLUE, PALE), (DARK_GREY, PALE)])
def test_colours_that_stand_side_by_side_differ_in_grey(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) > 1.5


@pytest.mark.parametrize("colour", [BLUE, VERMILION, DARK_GREY])
def test_lines_stand_out_from_white_paper(colour):
    assert 1.05 / (luminance(colour) + 0.05) > 3


def test_figures_leave_no_global_state_behind():
    assert not Gcf.figs  # where pyplot would keep them
