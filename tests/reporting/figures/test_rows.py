"""Figures of rows: every text is within the figure and legible, and odd names and all file formats draw."""

from __future__ import annotations

import io

import numpy as np
import pytest
from figure_reading import details_of, saved
from ladders import promised

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.table.table import ladder_table
from ablation.experiment.planning.plan import Rung
from ablation.reporting.figures.attribution import attribution_figure
from ablation.reporting.figures.class_accuracy import class_accuracy_figure
from ablation.reporting.figures.confusion import confusion_figure
from ablation.reporting.figures.frontier import frontier_figure
from ablation.reporting.figures.replicates import replicates_figure
from ablation.reporting.figures.style import ONE_COLUMN, TWO_COLUMNS
from ablation.reporting.figures.waterfall import waterfall


@pytest.mark.parametrize("width", [ONE_COLUMN, TWO_COLUMNS])
def test_every_text_lies_within_the_figure_and_is_large_enough_to_read(table, credits, frontier, width, subtests):
    figures = {
        "waterfall": waterfall(table, width),
        "replicates": replicates_figure(table, width),
        "attribution": attribution_figure(credits, table, width),
        "frontier": frontier_figure(frontier, table.metric, width),
        "classes": class_accuracy_figure(details_of(np.eye(2), np.ones((2, 2)), ["a", "W" * 60]), width),
    }
    for name, figure in figures.items():
        with subtests.test(name):
            assert figure.get_figwidth() == width
            renderer = figure.canvas.get_renderer()
            figure.draw(renderer)
            for text in texts_of(figure):
                box = text.get_window_extent(renderer)
                assert -1 <= box.x0 <= box.x1 <= figure.bbox.x1 + 1, text.get_text()
                assert -1 <= box.y0 <= box.y1 <= figure.bbox.y1 + 1, text.get_text()
                assert 7 <= text.get_fontsize() <= 8


def texts_of(figure):
    axes = figure.axes[0]
    legends = [text for legend in figure.legends for text in legend.get_texts()]
    found = [*figure.texts, *axes.texts, *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label, *legends]
    return [text for text in found if text.get_text()]


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_every_file_format_can_be_written(credits, table, kind):
    file = io.BytesIO()
    attribution_figure(credits, table, ONE_COLUMN).savefig(file, format=kind)
    assert len(file.getvalue()) > 1000


def test_names_are_no_mathematics_and_no_escape_codes(make_plan, make_results):
    plan = make_plan([Rung("$\\frac{$ \x1b[31m", promised(1), ())], replicates=2)
    scores = {"baseline": [1, 2], plan.ladder_rows[1]: [2, 4]}
    assert saved(waterfall(ladder_table(Evidence(plan, make_results(plan, scores)))))
    assert saved(confusion_figure(np.array([[0, 1], [0, 1]]), ["$\\frac{$", "b"]))
