"""Validity: each fault of the runs is found, with its variants and its remedy."""

from __future__ import annotations

import dataclasses
import math

import pytest

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.verdict.validity import FEWEST_IMAGES, margin_in, problems, too_small_class
from ablation.analysis.verdict.verdict import Mismatch, NoScore, SmallClass, UnequalReplicates, Unfinished
from ablation.invocation import CHANGE, RENEW, RUN
from ablation.metrics.registry import metric
from ablation.stage import DEATHS

ACCURACY = metric("accuracy")


def found(plan, results, made_with=lambda run: {}):
    return problems(Evidence(plan, results), ACCURACY, made_with)


def test_complete_runs_have_no_problem(golden_plan, golden_results):
    assert found(golden_plan, golden_results, lambda run: {"code": "1", "data": "0123456789abcdef"}) == ()


def test_a_missing_run_is_run_again(golden_plan, golden_results, with_hole):
    (problem,) = found(golden_plan, with_hole(golden_results, "+ ls", 2))
    assert (problem.variants, problem.fault, problem.remedy) == (("+ ls",), Unfinished("+ ls", 5, 6), RUN)


@pytest.mark.parametrize(("reason", "remedy"), [("out of memory", CHANGE), (f"it {DEATHS}", RUN)])
def test_an_error_recurs_and_a_killed_process_may_not(golden_plan, golden_results, with_hole, reason, remedy):
    results = with_hole(golden_results, "+ ls", 2, "failed").replace({"reason": {"out of memory": reason}})
    (problem,) = found(golden_plan, results)
    assert (problem.fault, problem.remedy) == (Unfinished("+ ls", 5, 6, 1, reason), remedy)


def test_a_run_without_the_score_is_named_with_its_metric(golden_plan, golden_results):
    hidden = golden_results["test/accuracy"].where(golden_results["variant"] != "+ ema")
    (problem,) = found(golden_plan, golden_results.assign(**{"test/accuracy": hidden}))
    assert problem.fault == NoScore("+ ema", ACCURACY.label)


def test_every_variant_has_the_number_of_replicates_of_the_plan(golden_plan, golden_results):
    kept = tuple(run for run in golden_plan.runs if (run.variant, run.replicate) != ("+ aug", 5))
    (problem,) = found(dataclasses.replace(golden_plan, runs=kept), golden_results)
    assert problem.fault == UnequalReplicates("+ aug", 5, 6)


@pytest.mark.parametrize(("by", "name"), [("code", "ablation"), ("data", "data")])
def test_runs_made_with_other_code_or_data_are_renewed(golden_plan, golden_results, by, name):
    usual = golden_plan.dataset["fingerprint"]
    made = {run.address: {name: "other" if run.variant == "+ ls" else usual} for run in golden_plan.runs}
    (problem,) = found(golden_plan, golden_results, lambda run: made[run.address])
    assert (problem.fault, problem.remedy) == (Mismatch(by, (("+ ls", 6),)), RENEW)


def test_a_margin_holds_for_its_own_unit(golden_plan):
    assert margin_in(golden_plan, metric("macro_f1")) == golden_plan.margin
    assert math.isnan(margin_in(golden_plan, metric("log_loss")))


@pytest.mark.parametrize(("name", "silenced"), [("accuracy", False), ("balanced_accuracy", True)])
def test_a_small_class_silences_metrics_that_weight_classes_equally(golden_plan, name, silenced):
    few = FEWEST_IMAGES - 1
    plan = dataclasses.replace(golden_plan, dataset={**golden_plan.dataset, "counts": {"test": [400, few]}})
    expected = SmallClass("b", few, metric(name).label) if silenced else None
    assert too_small_class(plan, metric(name)) == expected
