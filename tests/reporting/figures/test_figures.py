"""Figures: what is drawn where, and that odd names and numbers draw at all."""

from __future__ import annotations

import base64
import io
import itertools
import math
import re

import numpy as np
import pytest
from ladders import promised
from matplotlib._pylab_helpers import Gcf
from PIL import Image

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.table.table import Table, ladder_table
from ablation.experiment.planning.plan import Rung
from ablation.reporting.figures import confusion_figure, curves_figure, svg, waterfall


def table_of(plan, results, metric=None) -> Table:
    return ladder_table(Evidence(plan, results), metric)


def saved(figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def texts(figure) -> list[str]:
    axes = figure.axes[0]
    return [text.get_text() for text in (*figure.texts, *axes.texts, *axes.get_yticklabels())]


def test_each_bar_of_the_waterfall_goes_from_the_row_above_to_its_own(golden_plan, golden_results):
    table = table_of(golden_plan, golden_results)
    bars = [patch for patch in waterfall(table).axes[0].patches if patch.get_hatch() != "//////"]
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]
    totals = [0.0, *(row.total.interval.mean for row in table.rows[1:])]
    expected = [*itertools.pairwise(totals), (0.0, totals[-1])]
    assert np.array(ends) == pytest.approx(np.array(expected))


def test_a_promise_is_drawn_from_where_its_step_starts(golden_plan, golden_results):
    table = table_of(golden_plan, golden_results)
    promised = [patch for patch in waterfall(table).axes[0].patches if patch.get_hatch() == "//////"]
    start = table.rows[1].total.interval.mean
    assert promised[1].get_x() == pytest.approx(start + 1.0)
    assert promised[1].get_x() + promised[1].get_width() == pytest.approx(start + 2.0)


def test_promises_in_points_are_not_drawn_on_a_scale_of_nats(golden_plan, golden_results):
    figure = waterfall(table_of(golden_plan, golden_results, "log_loss"))
    assert not [patch for patch in figure.axes[0].patches if patch.get_hatch() == "//////"]


def test_the_waterfall_says_which_rows_are_incomplete(long_plan, long_results, with_hole):
    figure = waterfall(table_of(long_plan, with_hole(long_results, "+ Focal loss", 1)))
    shown = texts(figure)
    assert "incomplete (4/5)" in shown
    assert "row above incomplete" in shown
    assert any("(incomplete)" in each for each in shown)
    assert saved(figure)


def test_a_waterfall_without_any_run_draws(golden_plan, golden_results):
    assert saved(waterfall(table_of(golden_plan, golden_results.iloc[:0])))


def test_names_are_no_mathematics_and_no_escape_codes(make_plan, make_results):
    plan = make_plan([Rung("$\\frac{$ \x1b[31m", promised(1), ())], replicates=2)
    scores = {"baseline": [1, 2], plan.ladder_rows[1]: [2, 4]}
    assert saved(waterfall(table_of(plan, make_results(plan, scores))))
    assert saved(confusion_figure(np.array([0, 1]), np.array([1, 1]), ["$\\frac{$", "b"]))


def test_the_svg_of_a_confusion_matrix_holds_a_pixel_a_cell():
    written = svg(confusion_figure(np.array([0, 1, 2]), np.array([1, 1, 2]), ["a", "b", "c"]))
    picture = re.search(r"base64,\s*([A-Za-z0-9+/=\s]+)", written)
    assert picture
    assert Image.open(io.BytesIO(base64.b64decode(picture[1]))).size == (3, 3)
    assert "image-rendering:pixelated" in written


def test_the_confusion_matrix_holds_the_counts_of_true_by_predicted():
    labels, predictions = np.array([0, 0, 0, 1, 2]), np.array([0, 0, 1, 1, 0])
    figure = confusion_figure(labels, predictions, ["a", "b", "c"])
    shown = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in figure.axes[0].texts}
    assert shown == {(0, 0): "2", (0, 1): "1", (1, 1): "1", (2, 0): "1"}
    assert np.asarray(figure.axes[0].images[0].get_array())[0] == pytest.approx([2 / 3, 1 / 3, 0])


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_any_number_of_classes_draws(classes):
    labels = np.arange(300) % (classes - 1)
    assert saved(confusion_figure(labels, np.roll(labels, 1), [f"class {each}" for each in range(classes)]))


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


def test_figures_leave_no_global_state_behind():
    assert not Gcf.figs  # where pyplot would keep them
