"""The table's numbers, promises and holes, on the golden ladder and on longer ones."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.errors import UserError
from ablation.experiment.plan import Plan, Rung
from ablation.judgement.judge import promise_word
from ablation.judgement.table import ladder_table
from ablation.report.tables.cells import grids
from ablation.report.tables.records import records
from ablation.stats.paired import paired_t
from ablation.stats.resampled import resampled_t


def rounded(interval, places=4):
    return [round(each, places) for each in (interval.mean, interval.low, interval.high)]


def test_the_golden_ladder_gives_its_printed_gains(golden_plan, golden_results):
    table = ladder_table(golden_plan, golden_results)
    _, aug, ls, ema = table.rows
    assert rounded(aug.step) == [2.0167, 1.6955, 2.3378]
    assert rounded(ls.step) == [0.1667, -0.1123, 0.4456]
    assert rounded(ema.step) == [0.5, 0.2032, 0.7968]
    assert rounded(ema.total) == [2.6833, 2.2666, 3.1]
    assert table.complete
    assert [row.summary.mean for row in table.rows] == pytest.approx([80.0333, 82.05, 82.2167, 82.7167], abs=1e-4)


def test_the_baseline_has_neither_step_nor_total(golden_plan, golden_results):
    first = ladder_table(golden_plan, golden_results).rows[0]
    assert (first.name, first.step, first.total, first.promise) == ("baseline", None, None, "")


def test_promises_of_the_golden_ladder_get_their_words(golden_plan, golden_results):
    assert [row.promise for row in ladder_table(golden_plan, golden_results).rows] == [
        *("", "cannot tell", "below", "as promised")
    ]


@pytest.mark.parametrize(
    ("expect", "word"),
    [
        ((1.0, 5.0), "as promised"),
        ((3.0, 5.0), "below"),
        ((0.5, 1.0), "above"),
        ((2.0, 5.0), "cannot tell"),
        ((2.0, 2.0), "cannot tell"),
        (None, ""),
    ],
)
def test_a_promise_is_judged_by_where_the_whole_interval_lies(expect, word):
    assert promise_word(paired_t([2.0, 2.2, 1.8, 2.1, 1.9]), expect) == word


def test_four_replicates_cannot_tell() -> None:
    assert promise_word(paired_t([2.0, 2.2, 1.8, 2.1]), (30.0, 50.0)) == "cannot tell"


def test_one_replicate_cannot_tell(make_plan, make_results):
    plan = make_plan([Rung("aug", (2, 4), "", ())], replicates=1)
    row = ladder_table(plan, make_results(plan, {"baseline": [70.0], "+ aug": [73.0]})).rows[1]
    assert (row.promise, row.step.known, round(row.step.mean, 6)) == ("cannot tell", False, 3.0)


def test_promises_are_judged_on_accuracy_whatever_the_metric(golden_plan, golden_results):
    table = ladder_table(golden_plan, golden_results, "log_loss")
    assert table.metric.name == "log_loss"
    assert [row.promise for row in table.rows] == ["", "cannot tell", "below", "as promised"]
    assert rounded(table.rows[1].measured) == [2.0167, 1.6955, 2.3378]


def test_a_lower_loss_is_a_positive_gain_in_its_own_unit(golden_plan, golden_results):
    step = ladder_table(golden_plan, golden_results, "log_loss").rows[1].step
    loss = golden_results.pivot(index="replicate", columns="variant", values="test/log_loss")
    assert step.mean == pytest.approx((loss["baseline"] - loss["+ aug"]).mean())


@given(st.lists(st.lists(st.floats(0, 100), min_size=4, max_size=4), min_size=2, max_size=7))
def test_steps_telescope_to_the_gain_over_the_baseline(make_plan, make_results, levels):
    rungs = [Rung(f"r{number}", None, "", ()) for number in range(len(levels) - 1)]
    plan = make_plan(rungs, replicates=4)
    table = ladder_table(plan, make_results(plan, dict(zip(plan.ladder_rows, levels, strict=True))))
    running = np.cumsum([row.step.mean for row in table.rows[1:]])
    assert running == pytest.approx([row.total.mean for row in table.rows[1:]], abs=1e-9)


def test_permuting_the_results_changes_nothing(long_plan, long_results):
    shuffled = long_results.sample(frac=1, random_state=1)
    assert ladder_table(long_plan, shuffled) == ladder_table(long_plan, long_results)


def test_leaving_a_rung_out_is_the_full_recipe_minus_the_rest(long_plan, long_results):
    table = ladder_table(long_plan, long_results)
    scores = long_results.pivot(index="replicate", columns="variant", values="test/balanced_accuracy") * 100
    full = scores[long_plan.ladder_rows[-1]]
    assert [row.rung for row in table.left_out] == [rung.name for rung in long_plan.rungs]
    for row in table.left_out:
        assert row.step.mean == pytest.approx((full - scores[row.variant]).mean())
    assert table.left_out[-1].step.mean == pytest.approx(table.rows[-1].step.mean)


def test_a_rung_left_out_to_no_effect_is_masked(make_plan, make_results):
    plan = make_plan([Rung("a", None, "", ()), Rung("b", None, "", ())], replicates=2)
    plan = Plan(**vars(plan) | {"left_out": {"a": "+ b", "b": "+ a"}})
    table = ladder_table(plan, make_results(plan, {"baseline": [1, 2], "+ a": [3, 4], "+ b": [5, 7]}))
    assert table.left_out[0].note.startswith("masked")
    assert (table.left_out[0].step.low, table.left_out[0].step.high) == (0, 0)
    assert table.left_out[1].note == ""


def test_a_missing_run_takes_the_gains_of_its_row_and_of_the_next(long_plan, long_results, with_hole):
    table = ladder_table(long_plan, with_hole(long_results, "+ Focal loss", 1))
    whole = ladder_table(long_plan, long_results)
    focal, after, later = table.rows[2:5]
    assert (focal.n, focal.complete, focal.step, focal.total, focal.promise) == (4, False, None, None, "")
    assert (after.step, after.total) == (None, whole.rows[3].total)
    assert later.step == whole.rows[4].step
    assert not table.complete
    assert table.reasons[0].startswith("+ Focal loss: 4 of 5 runs finished, 0 failed;")


def test_a_failed_run_is_counted_and_its_reason_told(long_plan, long_results, with_hole):
    table = ladder_table(long_plan, with_hole(long_results, "baseline", 0, "failed"))
    assert table.rows[0].n_failed == 1
    assert all(row.total is None for row in (*table.rows, *table.left_out))
    assert "1 failed (out of memory)" in table.reasons[0]


def test_runs_absent_from_the_results_are_missing_runs(golden_plan, golden_results):
    table = ladder_table(golden_plan, golden_results[golden_results["variant"] != "+ ema"])
    assert (table.rows[3].n, table.rows[3].summary, table.rows[3].step) == (0, None, None)


def test_no_run_at_all_gives_an_incomplete_table(golden_plan):
    empty = pd.DataFrame({"variant": pd.Series(dtype=str), "replicate": pd.Series(dtype=int), "status": []})
    table = ladder_table(golden_plan, empty)
    assert not table.complete
    assert [row.n for row in table.rows] == [0, 0, 0, 0]


def test_a_diverged_run_is_named_and_stays_in_the_numbers(golden_plan, golden_results):
    frame = golden_results.assign(diverged=golden_results["variant"] == "+ ls")
    table = ladder_table(golden_plan, frame)
    assert (table.rows[2].diverged, table.rows[2].n) == (6, 6)
    assert rounded(table.rows[2].step) == [0.1667, -0.1123, 0.4456]
    assert "Diverged: + ls (6 of 6) stay in the numbers." in table.footer


def test_costs_come_with_their_ratio_to_the_baseline(golden_plan, golden_results):
    cost = ladder_table(golden_plan, golden_results).rows[3].costs
    assert (cost["train_seconds"].value, cost["train_seconds"].ratio) == (40, 4)
    assert (cost["latency_ms_64"].value, cost["latency_ms_64"].ratio) == (2, 4)


def test_a_cost_that_was_not_measured_leaves_the_gains_alone(golden_plan, golden_results):
    table = ladder_table(golden_plan, golden_results.drop(columns="latency_ms_1"))
    assert np.isnan(table.rows[1].costs["latency_ms_1"].value)
    assert table.complete


def test_redrawn_test_sets_get_the_corrected_interval(make_plan, make_results, golden_results):
    scores = golden_results.pivot(index="replicate", columns="variant", values="test/accuracy") * 100
    baseline, aug = scores["baseline"], scores["+ aug"]
    plan = make_plan([Rung("aug", None, "", ())], replicates=6, protocol="resampled")
    table = ladder_table(plan, make_results(plan, {"baseline": baseline, "+ aug": aug}))
    expected = resampled_t(aug - baseline, 800 / 300)
    assert rounded(table.rows[1].step) == rounded(expected)
    assert any("Nadeau and Bengio" in line for line in table.footer)


def test_the_footer_says_what_varied_what_was_fixed_and_where(golden_plan, golden_results):
    text = "\n".join(ladder_table(golden_plan, golden_results).footer)
    for part in (
        *("paired Student t over 6 replicates", "share one test set", "not of new test images"),
        *("train and validation split", "initialisation", "Fixed: the test set", "300 training", "800 test"),
        *("2 points", "Some CPU", "torch 2.15.0", "Commit: abc123", "Overrides: train.epochs=3"),
    ):
        assert part in text
    assert "Few runs" not in text


def test_few_replicates_are_called_few(make_plan, make_results):
    plan = make_plan([Rung("aug", None, "", ())], replicates=3)
    table = ladder_table(plan, make_results(plan, {"baseline": [1, 2, 3], "+ aug": [2, 3, 5]}))
    assert any(line.startswith("Few runs: 3 replicates") for line in table.footer)


def test_a_metric_that_no_run_has_is_the_users_mistake(golden_plan, golden_results):
    with pytest.raises(UserError, match="no run has 'auroc'"):
        ladder_table(golden_plan, golden_results.drop(columns="test/auroc"), "auroc")
    with pytest.raises(UserError, match="macro_f1"):
        ladder_table(golden_plan, golden_results, "macrof1")


def test_two_rows_for_one_run_are_refused(golden_plan, golden_results):
    with pytest.raises(ValueError, match="duplicate"):
        ladder_table(golden_plan, pd.concat([golden_results, golden_results.iloc[:1]]))


def test_corrupted_images_have_a_block_of_their_own_in_every_rendering(
    golden_plan: Plan, golden_results: pd.DataFrame
) -> None:
    plan = dataclasses.replace(golden_plan, corruptions=("blur",))
    blurred = golden_results["test/accuracy"] - 0.2
    table = ladder_table(plan, golden_results.assign(**{"test/blur/accuracy": blurred}))
    for row in table.rows:
        spoilt = row.corrupted["blur"]
        assert spoilt is not None
        assert spoilt.mean == pytest.approx(row.summary.mean - 20)
    (grid,) = (grid for grid in grids(table) if "corrupted" in grid.title)
    assert grid.header == ("rung", "as they are", "blur")
    assert [record["blur_mean"] for record in records(table)] == [row.corrupted["blur"].mean for row in table.rows]
    assert not any("corrupted" in grid.title for grid in grids(ladder_table(golden_plan, golden_results)))


def test_warnings_stand_at_the_end_of_the_footer(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    table = ladder_table(golden_plan, golden_results, warnings=["+ aug, 2 of 6 replicates: overfitting"])
    assert table.footer[-1] == "Warning: + aug, 2 of 6 replicates: overfitting"
