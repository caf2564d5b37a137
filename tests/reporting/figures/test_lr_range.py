"""The range test's figure: both curves, the suggestion with its number, and curves that suggest nothing."""

from __future__ import annotations

import io

import numpy as np
import pytest

from ablation.core.profiling.lr_range import Curve, suggestion
from ablation.reporting.figures.lr_range import lr_range_figure

RATES = np.geomspace(1e-6, 1, 100)
FALLING = Curve(tuple(RATES), tuple(2.3 - 2 / (1 + 1e-3 / RATES) + 40 * RATES**2), ran_away=True)


def saved(figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def test_the_curves_and_the_suggested_rate_are_drawn():
    found = suggestion(FALLING)
    axes = lr_range_figure(FALLING, found, "Focal loss").axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["each step"].get_ydata() == pytest.approx(np.array(FALLING.losses))
    assert lines["smoothed"].get_ydata() == pytest.approx(np.array(found.smoothed))
    assert lines[f"suggested: {found.lr:.1e}"].get_xdata() == pytest.approx([found.lr, found.lr])
    assert axes.get_xscale() == "log"
    assert "Focal loss" in axes.get_title(loc="left")


def test_the_part_that_ran_away_does_not_flatten_the_rest():
    top = lr_range_figure(FALLING, suggestion(FALLING)).axes[0].get_ylim()[1]
    assert top < 5 < max(FALLING.losses)


@pytest.mark.parametrize(
    "curve",
    [
        Curve(tuple(RATES), (1.0,) * 100, ran_away=False),
        Curve((1e-6,), (2.0,), ran_away=True),
        Curve((), (), ran_away=True),
    ],
)
def test_without_a_suggestion_the_figure_says_why(curve):
    found = suggestion(curve)
    figure = lr_range_figure(curve, found, "$\\frac{$ \x1b[31m")
    assert " ".join(figure.axes[0].texts[0].get_text().split()) == found.note
    assert saved(figure)
