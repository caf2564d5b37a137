"""Figures for papers: what they show, in what size, in grey and for eyes that see fewer colours, and as SVG."""

from __future__ import annotations

import io
import itertools
from xml.etree import ElementTree

import numpy as np
import pytest
from ladders import LONG, holed, plan_of, results_of

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.selection import Candidate, Frontier
from ablation.analysis.table.table import ladder_table
from ablation.analysis.verdict.attribution import Attributed, Attribution, Effect
from ablation.analysis.verdict.details import ByClass, Details, RowDetails
from ablation.reporting.figures import (
    ONE_COLUMN,
    TWO_COLUMNS,
    attribution_figure,
    class_accuracy_figure,
    counts_figure,
    frontier_figure,
    replicates_figure,
    svg,
    waterfall,
)
from ablation.reporting.figures.style import BLUE, DARK_GREY, ORANGE, PALE, SKY, VERMILION
from ablation.stats.paired import paired_t


@pytest.fixture(scope="module")
def plan():
    return plan_of(LONG[:3], replicates=5)


@pytest.fixture(scope="module")
def results(plan):
    generator = np.random.default_rng(0)
    return results_of(plan, {name: 80 + n + generator.normal(0, 1, 5) for n, name in enumerate(plan.ladder_rows)})


@pytest.fixture(scope="module")
def table(plan, results):
    return ladder_table(Evidence(plan, results))


def details_of(before, after, classes) -> Details:
    def row(name, accuracy):
        found = None if accuracy is None else ByClass(tuple(classes), np.eye(len(classes), dtype=int), accuracy)
        return RowDetails(name, (), 2, 2, (), found, (), None, ())

    return Details((row("baseline", before), row("+ last", after)))


def attributed(rung, alone, left_out) -> Attributed:
    effect = {name: Effect(paired_t(np.array([m - 1, m, m + 1.0]))) for name, m in (("a", alone), ("l", left_out))}
    middle = Effect(paired_t(np.array([-1, 0, 1.0]) + (alone + left_out) / 2))
    return Attributed(rung, effect["a"], effect["l"], middle, None, None, left_out, alone, 2, (), ())


@pytest.fixture
def credits():
    rows = (attributed("Focal $loss$", 3.0, 1.0), attributed("<b>OneCycle", -2.0, -2.5))
    return Attribution("midpoint", rows, None, None, (), ())


@pytest.fixture
def frontier():
    points = tuple(Candidate(f"only $rung {n}$", (), 80.0 + n, 10.0**n, 10.0**n) for n in range(3))
    return Frontier("train_seconds", points, 9, points[2], points[1])


def lines_of(figure, marker):
    return [tuple(*line.get_xydata()) for line in figure.axes[0].lines if line.get_marker() == marker]


def words(figure) -> list[str]:
    return [text.get_text() for text in (*figure.texts, *figure.axes[0].texts, *figure.axes[0].get_yticklabels())]


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


def test_each_replicate_is_a_point_and_a_line_follows_it(table, results):
    axes = replicates_figure(table).axes[0]
    points = [line for line in axes.lines if line.get_marker() == "o"]
    for row, line in zip(table.rows, points, strict=True):
        assert tuple(line.get_xdata()) == row.scored.values
    joined = {tuple(line.get_xdata()) for line in axes.lines if line.get_marker() != "o"}
    values = [row.scored.values for row in table.rows]
    assert joined == {pair for above, below in itertools.pairwise(values) for pair in zip(above, below, strict=True)}


def test_an_incomplete_row_is_not_joined_and_says_so(plan, results):
    broken = ladder_table(Evidence(plan, holed(results, plan.ladder_rows[1], 2)))
    figure = replicates_figure(broken)
    assert "incomplete (4/5)" in words(figure)
    joined = [line for line in figure.axes[0].lines if line.get_marker() != "o"]
    assert len(joined) == 5  # between the last two rows


def test_classes_keep_their_order_while_they_are_few():
    figure = class_accuracy_figure(details_of(np.full((2, 3), 0.5), np.array([[0.6, 0.4, 0.5]] * 2), "xyz"))
    assert [each for each in words(figure) if each in "xyz"] == ["x", "y", "z"]
    assert {"+10.0", "-10.0", "+0.0"} <= set(words(figure))
    assert [x for x, _ in lines_of(figure, "D")] == pytest.approx([60, 40, 50])


def test_many_classes_are_sorted_by_change_and_the_middle_is_left_out():
    names = [f"class {n}" for n in range(100)]
    after = np.tile(np.random.default_rng(0).permutation(100) / 100, (2, 1))
    figure = class_accuracy_figure(details_of(np.zeros((2, 100)), after, names))
    shown = [x for x, _ in lines_of(figure, "D")]
    assert shown == sorted(shown, reverse=True)
    assert (shown[0], shown[-1], len(shown)) == (pytest.approx(99), 0, 40)
    assert "60 classes in between" in figure.axes[0].get_xlabel()


def test_classes_without_runs_or_images_draw_nothing():
    assert "no finished runs to compare" in words(class_accuracy_figure(details_of(None, np.ones((2, 2)), "ab")))
    hole = np.array([[0.5, np.nan]] * 2)
    assert len(lines_of(class_accuracy_figure(details_of(hole, hole, "ab")), "D")) == 1


def test_the_frontier_names_its_points_and_marks_the_best_and_enough(frontier, table):
    figure = frontier_figure(frontier, table.metric)
    assert lines_of(figure, "D") == [(100.0, 82.0)]
    assert lines_of(figure, "s") == [(10.0, 81.0)]
    assert "3  only $rung 2$, x100.00: best" in words(figure)
    assert figure.axes[0].get_xscale() == "log"


def test_attribution_shows_credit_alone_and_left_out(credits, table):
    figure = attribution_figure(credits, table)
    for marker, expected in ((">", [3.0, -2.0]), ("<", [1.0, -2.5]), ("D", [2.0, -2.25])):
        assert [x for x, _ in lines_of(figure, marker)] == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_every_file_format_can_be_written(credits, table, kind):
    file = io.BytesIO()
    attribution_figure(credits, table, ONE_COLUMN).savefig(file, format=kind)
    assert len(file.getvalue()) > 1000


def test_the_same_table_makes_the_same_svg(table):
    one, other = svg(waterfall(table)), svg(waterfall(table))
    assert one == other
    assert ElementTree.fromstring(one).tag.endswith("svg")
    assert "<dc:date>" not in one


def test_many_classes_are_shown_by_colour_with_its_scale():
    assert len(counts_figure(np.eye(30, dtype=int), [str(n) for n in range(30)]).axes) == 2
    assert len(counts_figure(np.eye(3, dtype=int), "abc").axes) == 1


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
