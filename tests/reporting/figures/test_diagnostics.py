"""The diagnostics figure: what is drawn where, and that few, many and odd names and numbers draw."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest

from ablation.reporting.figures.diagnostics import LEGEND, LONGEST, diagnostics_figure


def saved(figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def history_of(classes, groups, epochs):
    return [
        {"epoch": e, "train/clean_accuracy": 0.9, "val/accuracy": 0.7, "gap": 0.2, "grad_norm": 2.0 * e}
        | {f"grad_norm/{name}": 0.1 * e * (place + 1) for place, name in enumerate(groups)}
        | {f"val/class_accuracy/{name}": place / len(classes) for place, name in enumerate(classes)}
        | {f"val/predicted_share/{name}": 1 / len(classes) for name in classes}
        for e in range(1, epochs + 1)
    ]


def test_each_number_is_drawn_in_its_panel():
    figure = diagnostics_figure(history_of(["a", "b"], ["backbone.stem", "head"], 3))
    gradients, gap, accuracy, share = figure.axes[0], figure.axes[1], figure.axes[2], figure.axes[4]
    lines = {line.get_label(): list(line.get_ydata()) for line in gradients.lines}
    assert lines["stem"] == pytest.approx([0.1, 0.2, 0.3])
    assert lines["head"] == pytest.approx([0.2, 0.4, 0.6])
    assert lines["all"] == pytest.approx([2, 4, 6])
    assert gradients.get_yscale() == "log"
    assert [list(line.get_ydata()) for line in gap.lines] == [[0.9] * 3, [0.7] * 3]
    assert gap.get_legend().get_title().get_text() == "gap +20.0 points"
    assert np.asarray(accuracy.images[0].get_array()) == pytest.approx(np.array([[0] * 3, [0.5] * 3]))
    assert np.asarray(share.images[0].get_array()) == pytest.approx(0.5)
    assert [label.get_text() for label in accuracy.get_yticklabels()] == ["a", "b"]


def test_names_stay_apart_and_short_where_there_are_many():
    classes = [f"a rather long name of a class, number {number}" for number in range(100)]
    groups = [f"backbone.features.denseblock{number}" for number in range(30)] + ["head"]
    figure = diagnostics_figure(history_of(classes, groups, 4))
    shown = [label.get_text() for label in figure.axes[2].get_yticklabels()]
    assert len(shown) == len(set(shown)) <= 20
    assert all(len(each) <= LONGEST for each in shown)
    assert len(figure.axes[0].get_legend().get_texts()) == LEGEND + 1
    assert saved(figure)


@pytest.mark.parametrize(
    "history",
    [
        [],
        [{"epoch": 1}],
        history_of(["OK", "$\\frac{$ \x1b[31m"], ["head"], 1),
        [{"epoch": 1, "grad_norm": math.inf, "grad_norm/head": math.nan, "val/predicted_share/a": math.nan}],
        [{"epoch": 1, "grad_norm": 0.0, "grad_norm/head": 0.0}, {"epoch": 2, "grad_norm": 1.0}],
    ],
)
def test_short_empty_and_odd_histories_draw(history):
    assert saved(diagnostics_figure(history))


def test_layers_that_are_thawed_later_have_lines_with_a_gap():
    history = history_of(["a", "b"], ["head"], 2) + history_of(["a", "b"], ["backbone.stem", "head"], 4)[2:]
    stem = next(line for line in diagnostics_figure(history).axes[0].lines if line.get_label() == "stem")
    assert np.isnan(stem.get_ydata()).tolist() == [True, True, False, False]
