"""Learning curves: each series by epoch, and gaps where a value is missing or not finite."""

from __future__ import annotations

import math

import pytest
from figure_reading import saved

from ablation.reporting.figures.curves import curves_figure


def test_curves_show_each_series_by_epoch():
    history = [
        {"epoch": e, "train/loss": 1 / e, "val/loss": 2 / e, "train/accuracy": 0.5, "lr": 0.1} for e in (1, 2, 3)
    ]
    loss, accuracy, rate = curves_figure(history).axes
    assert [list(line.get_ydata()) for line in loss.lines] == [[1, 1 / 2, 1 / 3], [2, 1, 2 / 3]]
    assert len(accuracy.lines) == len(rate.lines) == 1


@pytest.mark.parametrize(
    "history",
    [
        [{"epoch": 1, "train/loss": math.nan, "val/loss": math.inf, "lr": 1e-3}],
        [{"epoch": each, "train/loss": 1.0 if each < 3 else math.nan} for each in range(40)],
        [],
    ],
)
def test_diverged_short_and_empty_histories_draw(history):
    assert saved(curves_figure(history))
