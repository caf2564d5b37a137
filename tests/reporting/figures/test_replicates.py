"""Replicates: a point each, joined between complete rows."""

from __future__ import annotations

import itertools

from figure_reading import words
from ladders import holed

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.table.table import ladder_table
from ablation.reporting.figures.replicates import replicates_figure


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
