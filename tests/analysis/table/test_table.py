"""The table's numbers, verdicts and holes, on the golden ladder and on longer ones."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.table.table import Table, ladder_table
from ablation.analysis.verdict.validity import Problem, problems
from ablation.analysis.verdict.verdict import ControlDiffers, Mismatch, NoScore, SmallClass, Unfinished
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan, Rung
from ablation.invocation import CHANGE, RENEW, RUN
from ablation.stats.adjust import holm
from ablation.stats.paired import resampled_t


def table_of(plan: Plan, results: pd.DataFrame, metric: str | None = None) -> Table:
    """The table as ``judge`` makes it, of runs whose predictions are not at hand."""
    evidence = Evidence(plan, results)
    wrong = problems(evidence, evidence.metric(metric or plan.metric), lambda run: {})
    return ladder_table(evidence, metric, problems=wrong)


def rounded(comparison, places=4):
    interval = comparison.interval
    return [round(each, places) for each in (interval.mean, interval.low, interval.high)]


def test_the_golden_ladder_gives_its_printed_gains(golden_plan, golden_results):
    table = table_of(golden_plan, golden_results)
    _, aug, ls, ema = table.rows
    assert rounded(aug.step) == [2.0167, 1.6955, 2.3378]
    assert rounded(ls.step) == [0.1667, -0.1123, 0.4456]
    assert rounded(ema.step) == [0.5, 0.2032, 0.7968]
    assert rounded(ema.total) == [2.6833, 2.2666, 3.1]
    assert table.valid
    means = [row.scored.summary.mean for row in table.rows]
    assert means == pytest.approx([80.0333, 82.05, 82.2167, 82.7167], abs=1e-4)


def test_the_golden_ladder_gives_its_printed_p_values_and_wins(golden_plan, golden_results):
    _, aug, ls, ema = table_of(golden_plan, golden_results).rows
    assert round(aug.step.adjusted, 6) == 0.00005
    assert (round(ls.step.interval.p, 6), round(ls.step.adjusted, 6)) == (0.185199, 0.185199)
    assert (round(ema.step.interval.p, 6), round(ema.step.adjusted, 6)) == (0.007498, 0.014997)
    assert (aug.step.wins.won, aug.step.wins.of) == (6, 6)
    assert ema.step.sign_flip == 0.03125


def test_the_golden_ladder_gets_its_verdicts_at_a_margin_of_a_half(golden_plan, golden_results):
    table = table_of(dataclasses.replace(golden_plan, margin=0.5), golden_results)
    assert [row.verdict.word for row in table.rows] == ["", "gain", "equivalent", "small gain"]


def test_the_baseline_has_nothing_to_be_judged_by(golden_plan, golden_results):
    first = table_of(golden_plan, golden_results).rows[0]
    assert (first.name, first.step, first.total, first.promises, first.verdict.word) == ("baseline", None, None, (), "")


def test_promises_of_the_golden_ladder_get_their_words(golden_plan, golden_results):
    rows = table_of(golden_plan, golden_results).rows
    assert [[each.word for each in row.promises] for row in rows] == [[], ["cannot tell"], ["below"], ["as promised"]]


def test_promises_are_judged_on_their_own_metric_whatever_is_shown(golden_plan, golden_results):
    table = table_of(golden_plan, golden_results, "log_loss")
    assert table.metric.name == "log_loss"
    assert [[each.word for each in row.promises] for row in table.rows[1:]] == [
        *(["cannot tell"], ["below"], ["as promised"])
    ]


def test_another_unit_has_no_margin_and_so_no_equivalence(golden_plan, golden_results):
    table = table_of(golden_plan, golden_results, "log_loss")
    assert math.isnan(table.margin)
    assert not {"equivalent", "small gain", "small loss"} & {row.verdict.word for row in table.rows}


def test_another_metric_in_the_same_unit_keeps_the_margin(golden_plan, golden_results):
    table = table_of(golden_plan, golden_results, "macro_f1")
    assert (table.declared.name, table.metric.name, table.margin) == ("accuracy", "macro_f1", golden_plan.margin)


def test_a_lower_loss_is_a_positive_gain_in_its_own_unit(golden_plan, golden_results):
    step = table_of(golden_plan, golden_results, "log_loss").rows[1].step
    loss = golden_results.pivot(index="replicate", columns="variant", values="test/log_loss")
    assert step.interval.mean == pytest.approx((loss["baseline"] - loss["+ aug"]).mean())


@settings(max_examples=15)
@given(st.lists(st.lists(st.floats(0, 100), min_size=4, max_size=4), min_size=2, max_size=7))
def test_steps_telescope_to_the_gain_over_the_baseline(make_plan, make_results, levels):
    rungs = [Rung(f"r{number}", (), ()) for number in range(len(levels) - 1)]
    plan = make_plan(rungs, replicates=4)
    table = table_of(plan, make_results(plan, dict(zip(plan.ladder_rows, levels, strict=True))))
    running = np.cumsum([row.step.interval.mean for row in table.rows[1:]])
    assert running == pytest.approx([row.total.interval.mean for row in table.rows[1:]], abs=1e-9)


def test_permuting_the_results_changes_nothing(long_plan, long_results):
    shuffled = long_results.sample(frac=1, random_state=1)
    assert repr(table_of(long_plan, shuffled)) == repr(table_of(long_plan, long_results)), "NaN is equal to nothing"


def test_leaving_a_rung_out_is_the_full_recipe_minus_the_rest(long_plan, long_results):
    table = table_of(long_plan, long_results)
    scores = long_results.pivot(index="replicate", columns="variant", values="test/balanced_accuracy") * 100
    full = scores[long_plan.ladder_rows[-1]]
    assert [row.rung for row in table.left_out] == [rung.name for rung in long_plan.rungs]
    for row in table.left_out:
        assert row.step.interval.mean == pytest.approx((full - scores[row.scored.variant]).mean())
    assert table.left_out[-1].step.interval.mean == pytest.approx(table.rows[-1].step.interval.mean)


def test_a_rung_left_out_to_no_effect_is_masked(make_plan, make_results):
    plan = make_plan([Rung("a", (), ()), Rung("b", (), ())], replicates=2)
    plan = dataclasses.replace(plan, left_out={"a": "+ b", "b": "+ a"})
    table = table_of(plan, make_results(plan, {"baseline": [1, 2], "+ a": [3, 4], "+ b": [5, 7]}))
    assert [row.masked for row in table.left_out] == [True, False]
    assert (table.left_out[0].step.interval.low, table.left_out[0].step.interval.high) == (0, 0)
    assert table.left_out[1].left_out_with == ()


def test_a_missing_run_takes_every_verdict_and_the_gains_it_is_in(long_plan, long_results, with_hole):
    table = table_of(long_plan, with_hole(long_results, "+ Focal loss", 1))
    whole = table_of(long_plan, long_results)
    focal, after, later = table.rows[2:5]
    assert (focal.scored.n, focal.scored.complete, focal.step, focal.total) == (4, False, None, None)
    assert after.step is None
    assert later.step.interval == whole.rows[4].step.interval
    assert {row.verdict.word for row in table.rows[1:]} == {"invalid"}
    assert all(math.isnan(row.step.adjusted) for row in table.rows[1:] if row.step), "a family with a hole"
    assert not table.valid
    assert table.problems == (Problem(("+ Focal loss",), Unfinished("+ Focal loss", 4, 5), RUN),)


def test_a_hole_beside_the_ladder_leaves_the_ladder_its_verdicts(long_plan, long_results, with_hole):
    table = table_of(long_plan, with_hole(long_results, "all but Focal loss", 1))
    whole = table_of(long_plan, long_results)
    assert [row.verdict for row in table.rows] == [row.verdict for row in whole.rows]
    assert {row.verdict.word for row in table.left_out} == {"invalid"}


def test_a_failed_run_is_counted_and_its_reason_reported(long_plan, long_results, with_hole):
    table = table_of(long_plan, with_hole(long_results, "baseline", 0, "failed"))
    assert table.rows[0].scored.n_failed == 1
    assert all(row.total is None for row in (*table.rows, *table.left_out))
    assert table.problems == (Problem(("baseline",), Unfinished("baseline", 4, 5, 1, "out of memory"), CHANGE),)


def test_runs_absent_from_the_results_are_missing_runs(golden_plan, golden_results):
    table = table_of(golden_plan, golden_results[golden_results["variant"] != "+ ema"])
    last = table.rows[3]
    assert (last.scored.n, last.scored.summary, last.step, last.verdict.word) == (0, None, None, "invalid")


def test_no_run_at_all_gives_an_invalid_table(golden_plan):
    empty = pd.DataFrame({"variant": pd.Series(dtype=str), "replicate": pd.Series(dtype=int), "status": []})
    table = table_of(golden_plan, empty)
    assert not table.valid
    assert [row.scored.n for row in table.rows] == [0, 0, 0, 0]


def test_a_diverged_run_stays_in_the_numbers(golden_plan, golden_results):
    frame = golden_results.assign(diverged=golden_results["variant"] == "+ ls")
    row = table_of(golden_plan, frame).rows[2]
    assert (row.scored.diverged, row.scored.n) == (6, 6)
    assert rounded(row.step) == [0.1667, -0.1123, 0.4456]


def test_costs_come_with_their_ratio_to_the_baseline(golden_plan, golden_results):
    cost = table_of(golden_plan, golden_results).rows[3].scored.costs
    assert (cost["train_seconds"].value, cost["train_seconds"].ratio) == (40, 4)
    assert (cost["latency_ms_64"].value, cost["latency_ms_64"].ratio) == (2, 4)


def test_a_cost_that_was_not_measured_leaves_the_gains_alone(golden_plan, golden_results):
    table = table_of(golden_plan, golden_results.drop(columns="latency_ms_1"))
    assert np.isnan(table.rows[1].scored.costs["latency_ms_1"].value)
    assert table.valid


def test_redrawn_test_sets_get_the_corrected_interval(make_plan, make_results, golden_results):
    scores = golden_results.pivot(index="replicate", columns="variant", values="test/accuracy") * 100
    baseline, aug = scores["baseline"], scores["+ aug"]
    plan = make_plan([Rung("aug", (), ())], replicates=6, protocol="resampled")
    step = table_of(plan, make_results(plan, {"baseline": baseline, "+ aug": aug})).rows[1].step
    expected = resampled_t(aug - baseline, 800 / 300)
    assert rounded(step)[1:] == [round(expected.low, 4), round(expected.high, 4)]


def test_four_replicates_are_too_few_for_a_verdict(make_plan, make_results):
    plan = make_plan([Rung("aug", (), ())], replicates=4)
    row = table_of(plan, make_results(plan, {"baseline": [1, 2, 3, 2], "+ aug": [30, 31, 32, 31]})).rows[1]
    assert row.verdict.word == "too few runs"


def test_a_control_is_out_of_the_family_of_steps(make_plan, make_results):
    rungs = [Rung("A/A", (), (), control=True), Rung("aug", (), ())]
    plan = make_plan(rungs, replicates=6)
    scores = {"baseline": [80, 79, 81, 80.4, 79.6, 80.2], "+ A/A": [80, 79, 81, 80.4, 79.6, 80.2]}
    scores["+ aug"] = [82, 81.5, 82.6, 82.5, 81.4, 82.3]
    _, control, aug = table_of(plan, make_results(plan, scores)).rows
    assert math.isnan(control.step.adjusted)
    assert aug.step.adjusted == aug.step.interval.p


def test_a_control_that_differs_forbids_every_verdict(make_plan, make_results):
    rungs = [Rung("aug", (), ()), Rung("A/A", (), (), control=True)]
    plan = make_plan(rungs, replicates=6)
    scores = {"baseline": [80, 79, 81, 80.4, 79.6, 80.2], "+ aug": [82, 81.5, 82.6, 82.5, 81.4, 82.3]}
    scores["+ A/A"] = [92, 91.4, 92.7, 92.5, 91.5, 92.2]
    table = table_of(plan, make_results(plan, scores))
    assert {row.verdict.word for row in table.rows[1:]} == {"invalid"}
    assert not table.valid
    assert table.problems[0].fault == ControlDiffers("A/A")


def test_gains_over_the_baseline_are_a_holm_family_of_their_own(golden_plan, golden_results):
    rows = table_of(golden_plan, golden_results).rows[1:]
    assert [row.total.adjusted for row in rows] == list(holm([row.total.interval.p for row in rows]))
    assert rows[0].total.adjusted > rows[0].total.interval.p or rows[-1].total.adjusted > rows[-1].total.interval.p


def test_equal_differences_without_examples_are_too_coarse_for_a_verdict(make_plan, make_results):
    plan = make_plan([Rung("aug", (), ())], replicates=5, protocol="resampled")
    row = table_of(plan, make_results(plan, {"baseline": [50.0] * 5, "+ aug": [55.0] * 5})).rows[1]
    assert row.verdict.word == "inconclusive"
    assert row.verdict.reason == "no_spread"


@pytest.mark.parametrize("metric", ["log_loss", "mcc"])
def test_a_margin_is_no_margin_of_another_unit(golden_plan, golden_results, metric):
    assert math.isnan(table_of(golden_plan, golden_results, metric).margin)


def test_images_that_were_set_aside_are_what_silences_a_confirmation(golden_plan, golden_results):
    counts = {**golden_plan.dataset["counts"], "test": [400, 400], "confirm": [400, 3]}
    plan = dataclasses.replace(golden_plan, dataset={**golden_plan.dataset, "counts": counts}, judged_on="confirm")
    assert table_of(plan, golden_results, "balanced_accuracy").rows[1].verdict.word == ""


def test_where_nothing_may_be_claimed_no_promise_is_judged(golden_plan, golden_results, with_hole):
    whole = table_of(golden_plan, golden_results)
    holed = table_of(golden_plan, with_hole(golden_results, "+ ema", 1))
    assert [[each.word for each in row.promises] for row in whole.rows[2:3]] == [["below"]]
    assert holed.rows[3].promises[0].word == ""
    evidence = Evidence(golden_plan, golden_results)
    wrong = [Problem(("+ ls",), Mismatch("code", (("+ ls", 6),)), RENEW)]
    barred = ladder_table(evidence, problems=wrong)
    assert barred.rows[2].promises[0].word == "cannot tell"


def test_a_metric_that_does_not_exist_is_the_users_mistake(golden_plan, golden_results):
    with pytest.raises(UserError, match="macro_f1"):
        table_of(golden_plan, golden_results, "macrof1")


def test_a_metric_that_no_run_has_gives_no_verdict_and_says_so(golden_plan, golden_results):
    table = table_of(golden_plan, golden_results.drop(columns="test/auroc"), "auroc")
    assert table.problems[0].fault == NoScore("baseline", "AUROC")


def test_two_rows_for_one_run_are_refused(golden_plan, golden_results):
    with pytest.raises(ValueError, match="duplicate"):
        table_of(golden_plan, pd.concat([golden_results, golden_results.iloc[:1]]))


def test_corrupted_images_are_scored_beside_the_clean_ones(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    plan = dataclasses.replace(golden_plan, corruptions=("blur",))
    blurred = golden_results["test/accuracy"] - 0.2
    for row in table_of(plan, golden_results.assign(**{"test/blur/accuracy": blurred})).rows:
        spoilt = row.scored.corrupted["blur"]
        assert spoilt is not None
        assert spoilt.mean == pytest.approx(row.scored.summary.mean - 20)


@pytest.mark.parametrize("counts", [[4, 400], [400, 2]])
def test_a_class_of_fewer_than_five_test_images_silences_scores_that_weigh_classes_alike(
    golden_plan, golden_results, counts
):
    data = {**golden_plan.dataset, "counts": {**golden_plan.dataset["counts"], "test": counts}}
    plan = dataclasses.replace(golden_plan, dataset=data)
    balanced = table_of(plan, golden_results, "balanced_accuracy").rows[1].verdict
    name = "ab"[counts.index(min(counts))]
    assert (balanced.word, balanced.reason) == ("", SmallClass(name, min(counts), "balanced accuracy"))
    assert table_of(plan, golden_results).rows[1].verdict.word == "gain"
