"""Rows: a variant's scores and costs are means of its finished runs in the results."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.table.rows import scored
from ablation.metrics.registry import metric

ACCURACY = metric("accuracy")


def test_scores_and_costs_are_those_of_the_results(golden_plan, golden_results):
    row = scored("+ aug", ACCURACY, Evidence(golden_plan, golden_results))
    assert row.values == pytest.approx((82.0, 81.5, 82.6, 82.5, 81.4, 82.3))
    assert row.summary.mean == pytest.approx(np.mean(row.values))
    assert (row.n, row.replicates, row.complete, row.trials) == (6, 6, True, 0)
    assert (row.costs["train_seconds"].value, row.costs["train_seconds"].ratio) == pytest.approx((20.0, 2.0))


@pytest.mark.parametrize("status", ["failed", "missing"])
def test_a_run_without_a_score_leaves_the_others(golden_plan, golden_results, with_hole, status):
    results = with_hole(golden_results, "+ aug", 1, status)
    row = scored("+ aug", ACCURACY, Evidence(golden_plan, results))
    assert row.values == pytest.approx((82.0, 82.6, 82.5, 81.4, 82.3))
    assert (row.n, row.complete, row.n_failed) == (5, False, int(status == "failed"))


def test_a_cost_that_is_not_in_the_results_is_nan(golden_plan, golden_results):
    evidence = Evidence(golden_plan, golden_results.drop(columns="latency_ms_1"))
    cost = scored("+ aug", ACCURACY, evidence).costs["latency_ms_1"]
    assert math.isnan(cost.value)
    assert math.isnan(cost.ratio)


def test_scores_on_corrupted_images_have_a_summary_each(golden_plan, golden_results):
    plan = dataclasses.replace(golden_plan, corruptions=("noise", "blur"))
    results = golden_results.assign(**{"test/noise/accuracy": 0.5})
    corrupted = scored("+ aug", ACCURACY, Evidence(plan, results)).corrupted
    assert corrupted["noise"].mean == pytest.approx(50.0)
    assert corrupted["blur"] is None
