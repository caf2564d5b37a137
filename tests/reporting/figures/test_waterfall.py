"""The waterfall: where bars and promises lie, and what incomplete rows say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from figure_reading import saved, words

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.table.table import Table, ladder_table
from ablation.reporting.figures.waterfall import waterfall


def table_of(plan, results, metric=None) -> Table:
    return ladder_table(Evidence(plan, results), metric)


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
    shown = words(figure)
    assert "incomplete (4/5)" in shown
    assert "row above incomplete" in shown
    assert any("(incomplete)" in each for each in shown)
    assert saved(figure)


def test_a_waterfall_without_any_run_draws(golden_plan, golden_results):
    assert saved(waterfall(table_of(golden_plan, golden_results.iloc[:0])))
