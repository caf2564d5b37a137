"""The attribution: credit, gain alone and gain left out, each with a marker of its own."""

from __future__ import annotations

import pytest
from figure_reading import points

from ablation.reporting.figures.attribution import attribution_figure


def test_attribution_shows_credit_alone_and_left_out(credits, table):
    figure = attribution_figure(credits, table)
    for marker, expected in ((">", [3.0, -2.0]), ("<", [1.0, -2.5]), ("D", [2.0, -2.25])):
        assert [x for x, _ in points(figure, marker)] == pytest.approx(expected)
