"""Promises against the golden ladder's printed figures, formulas by hand and SciPy."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ladders import plan_of, promised, results_of
from pydantic import ValidationError
from scipy.stats import ttest_1samp, ttest_rel

from ablation.analysis.comparison.comparison import IntervalRule
from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.promises.promises import (
    PromiseOutcome,
    order_of_importance,
    rung_promises,
    target_outcome,
    wider_promises,
)
from ablation.experiment.config.promise_values import Promise, WiderPromise
from ablation.experiment.config.promises import WiderPromiseSettings
from ablation.experiment.planning.plan import Plan, Rung
from ablation.metrics.predictions import Predictions
from ablation.stage import Stage
from ablation.stats.interval import Interval
from ablation.stats.paired import resampled_t


def nothing_excluded(variants: Collection[str], name: str) -> bool:
    return False


Hole = Callable[[pd.DataFrame, str, int], pd.DataFrame]


def promise(metric: str, kind: str, *bounds: float) -> Promise:
    return Promise(metric, kind, bounds[0], bounds[-1], "")  # type: ignore[arg-type]


def steps(evidence: Evidence) -> list[PromiseOutcome]:
    pairs = zip(evidence.plan.rungs, itertools.pairwise(evidence.plan.ladder_rows), strict=True)
    return [
        each for rung, (above, row) in pairs for each in rung_promises(evidence, rung, row, above, nothing_excluded)
    ]


def judged(one: Promise, scores: Sequence[Sequence[float]], **columns: Sequence[Sequence[float]]) -> PromiseOutcome:
    """A promise of the rung between two rows, whose scores and costs are given row by row."""
    evidence = two_rows(one, scores, **columns)
    (found,) = rung_promises(evidence, evidence.plan.rungs[0], "+ r", "baseline", nothing_excluded)
    return found


def two_rows(one: Promise, scores: Sequence[Sequence[float]], **columns: Sequence[Sequence[float]]) -> Evidence:
    plan = plan_of([Rung("r", (one,), ())], replicates=len(scores[0]))
    frame = results_of(plan, dict(zip(plan.ladder_rows, scores, strict=True)))
    return Evidence(plan, frame.assign(**{name: list(itertools.chain(*values)) for name, values in columns.items()}))


def number(found: PromiseOutcome) -> Interval:
    assert found.measured is not None
    return found.measured


def rounded(found: PromiseOutcome) -> list[float]:
    return [round(each, 4) for each in (number(found).mean, number(found).low, number(found).high)]


FLAT = ([80.0] * 5, [80.0] * 5)


# gains in accuracy


def test_promises_of_the_golden_ladder_get_their_words(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    aug, ls, ema = steps(Evidence(golden_plan, golden_results))
    assert (aug.of, aug.word, rounded(aug)) == ("+ aug", "cannot tell", [2.0167, 1.6955, 2.3378])
    assert (ls.of, ls.word, rounded(ls)) == ("+ ls", "below", [0.1667, -0.1123, 0.4456])
    assert (ema.of, ema.word, rounded(ema)) == ("+ ema", "as promised", [0.5, 0.2032, 0.7968])


@pytest.mark.parametrize(
    ("expect", "word"),
    [
        ((1.0, 5.0), "as promised"),
        ((3.0, 5.0), "below"),
        ((0.5, 1.0), "above"),
        ((2.0, 5.0), "cannot tell"),
        ((2.0, 2.0), "cannot tell"),
    ],
)
def test_a_promise_is_judged_by_where_the_whole_interval_lies(expect: tuple[float, float], word: str) -> None:
    assert judged(promise("accuracy", "gain", *expect), ([80] * 5, [82.0, 82.2, 81.8, 82.1, 81.9])).word == word


@pytest.mark.parametrize("bounds", [(1, 2), (2, 3), (2,)])
@pytest.mark.parametrize(("old", "new"), [(55, 57), (53, 55)])
def test_rounding_takes_no_equal_number_over_a_bound(bounds: tuple[float, ...], old: float, new: float) -> None:
    assert 100 * (new / 100) - 100 * (old / 100) != 2
    assert judged(promise("accuracy", "gain", *bounds), ([old] * 5, [new] * 5)).word == "as promised"


def test_four_replicates_cannot_tell() -> None:
    found = judged(promise("accuracy", "gain", 30, 50), ([80] * 4, [82.0, 82.2, 81.8, 82.1]))
    assert found.word == "cannot tell"


def test_one_replicate_has_a_number_and_cannot_tell() -> None:
    found = judged(promise("accuracy", "gain", 2, 4), ([70], [73]))
    assert (found.word, number(found).mean, number(found).known) == ("cannot tell", pytest.approx(3), False)


def test_a_missing_run_leaves_the_promise_unjudged(
    golden_plan: Plan, golden_results: pd.DataFrame, with_hole: Hole
) -> None:
    aug, ls, ema = steps(Evidence(golden_plan, with_hole(golden_results, "+ ls", 3)))
    assert [(each.word, each.measured) for each in (ls, ema)] == [("", None), ("", None)]
    assert aug.word == "cannot tell"


def test_a_rung_without_a_promise_is_held_to_none(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    bare = Rung("aug", (), ())
    assert (
        rung_promises(
            Evidence(golden_plan, golden_results),
            bare,
            "+ aug",
            "baseline",
            nothing_excluded,
        )
        == ()
    )


@settings(max_examples=40)
@given(st.lists(st.floats(-5, 5), min_size=5, max_size=8), st.floats(-5, 5), st.floats(0, 3))
def test_words_agree_with_bounds_from_scipy(gains: list[float], low: float, width: float) -> None:
    values = np.round(gains, 2)
    high = low + width
    found = judged(promise("accuracy", "gain", low, high), ([50.0] * len(values), 50 + values))
    flat = np.ptp(values) == 0
    bounds = (values[0], values[0]) if flat else tuple(ttest_1samp(values, 0).confidence_interval())
    near = [abs(bound - end) for bound in bounds for end in (low, high)]
    if min(near) < 1e-6:
        return
    expected = "as promised" if low < bounds[0] and bounds[1] < high else "cannot tell"
    expected = "below" if bounds[1] < low else "above" if bounds[0] > high else expected
    assert found.word == expected


# levels, ratios, other metrics


def test_a_level_is_that_of_the_row_itself(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    rungs = (Rung("aug", (promise("accuracy", "level", 81, 83), promise("accuracy", "level", 85, 95)), ()),)
    plan = dataclasses.replace(golden_plan, rungs=(*rungs, *golden_plan.rungs[1:]))
    inside, under = steps(Evidence(plan, golden_results))[:2]
    expected = ttest_1samp([82.0, 81.5, 82.6, 82.5, 81.4, 82.3], 0).confidence_interval()
    assert rounded(inside) == [82.05, *(round(each, 4) for each in expected)]
    assert (inside.word, under.word) == ("as promised", "below")


def test_a_promise_keeps_to_its_own_metric(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    rung = Rung("aug", (promise("log_loss", "gain", -1, 1), promise("macro_f1", "gain", 0, 5)), ())
    plan = dataclasses.replace(golden_plan, metric="balanced_accuracy", rungs=(rung, *golden_plan.rungs[1:]))
    loss, f1 = steps(Evidence(plan, golden_results))[:2]
    losses, scores = (
        golden_results.pivot(index="replicate", columns="variant", values=f"test/{name}")
        for name in ("log_loss", "macro_f1")
    )
    assert number(loss).mean == pytest.approx((losses["baseline"] - losses["+ aug"]).mean())
    test = ttest_rel(scores["+ aug"] * 100, scores["baseline"] * 100)
    assert [number(f1).low, number(f1).high] == pytest.approx([*test.confidence_interval()])


def test_a_ratio_is_geometric_with_bounds_from_logarithms() -> None:
    old, new = np.array([10.0, 11, 12, 9, 10]), np.array([21.0, 20, 25, 19, 20])
    found = judged(promise("train_seconds", "ratio", 1.5, 2.5), FLAT, train_seconds=[old, new])
    test = ttest_rel(np.log(new), np.log(old))
    expected = [np.prod(new / old) ** 0.2, *np.exp(test.confidence_interval())]
    assert rounded(found) == pytest.approx(expected, abs=1e-4)
    assert found.word == "as promised"


def test_a_ratio_to_nothing_is_not_measured() -> None:
    found = judged(promise("gap", "ratio", 0.5), FLAT, gap=[[0.1, 0.1, -0.01, 0.1, 0.1], [0.1] * 5])
    assert (found.measured, found.word) == (None, "")


def test_redrawn_test_sets_get_the_corrected_interval(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    plan = dataclasses.replace(golden_plan, protocol="resampled")
    accuracy = golden_results.pivot(index="replicate", columns="variant", values="test/accuracy") * 100
    aug = steps(Evidence(plan, golden_results))[0]
    expected = resampled_t(accuracy["+ aug"] - accuracy["baseline"], 800 / 300)
    assert rounded(aug) == [round(each, 4) for each in (expected.mean, expected.low, expected.high)]


# costs and the gap


@pytest.mark.parametrize(
    ("column", "gain"),
    [
        ("train_seconds", 4.0),
        ("peak_memory_mb", 4.0),
        ("epochs_to_best", 4.0),
        ("images_per_second", -4.0),
    ],
)
def test_a_gain_in_a_cost_is_positive_when_better(column: str, gain: float) -> None:
    found = judged(promise(column, "gain", gain), FLAT, **{column: [[10.0] * 5, [6.0] * 5]})
    assert (rounded(found), found.word) == ([gain, gain, gain], "as promised")


def test_a_gap_is_in_points_and_gains_when_it_shrinks() -> None:
    gaps = [[0.15, 0.16, 0.14, 0.15, 0.15], [0.08, 0.08, 0.07, 0.09, 0.08]]
    shrunk = judged(promise("gap", "gain", 5, 10), FLAT, gap=gaps)
    test = ttest_rel(np.array(gaps[0]) * 100, np.array(gaps[1]) * 100)
    assert rounded(shrunk) == [7.0, *(round(each, 4) for each in test.confidence_interval())]
    assert shrunk.word == "as promised"
    assert judged(promise("gap", "level", 5, 10), FLAT, gap=gaps).word == "as promised"
    assert judged(promise("gap", "level", 0, 5), FLAT, gap=gaps).word == "above"


def test_a_cost_needs_five_replicates_too() -> None:
    found = judged(promise("train_seconds", "level", 0, 50), ([1] * 4, [2] * 4), train_seconds=[[9.0] * 4, [8.0] * 4])
    assert found.word == "cannot tell"


@pytest.mark.parametrize("replicates", [1, 3, 5])
def test_what_is_measured_once_for_a_model_needs_no_replicates(replicates: int) -> None:
    scores = ([1] * replicates, [2] * replicates)
    parameters = [[138e6] * replicates, [28e6] * replicates]
    found = judged(promise("parameters", "level", 28e6), scores, parameters=parameters)
    assert (found.word, rounded(found)) == ("as promised", [28e6, 28e6, 28e6])
    share = judged(promise("parameters", "ratio", 0.1, 0.15), scores, parameters=parameters)
    assert (share.word, round(number(share).mean, 2)) == ("above", 0.2)
    fast = judged(
        promise("latency_ms_1", "level", 0, 50), scores, latency_ms_1=[[60.0] * replicates, [3.2] * replicates]
    )
    assert (fast.word, rounded(fast)) == ("as promised", [3.2, 2.88, 3.52]), "timed once, and timings vary"
    near = judged(
        promise("latency_ms_1", "ratio", 0.05), scores, latency_ms_1=[[60.0] * replicates, [3.2] * replicates]
    )
    assert near.word == "cannot tell"


def test_latencies_that_differ_are_treated_as_measurements() -> None:
    found = judged(promise("latency_ms_1", "level", 0, 50), ([1] * 2, [2] * 2), latency_ms_1=[[6.0, 6], [3.0, 4]])
    assert found.word == "cannot tell"


def test_a_cost_that_was_not_measured_is_not_judged() -> None:
    found = judged(promise("peak_memory_mb", "ratio", 1.5), FLAT)
    assert (found.measured, found.word) == (None, "")


# test examples in a ratio


def kept(rng: np.random.Generator, examples: int) -> Evidence:
    """Two rows of five replicates on one test set, whose examples differ in ease."""
    plan = plan_of(
        [Rung("r", (promise("accuracy", "ratio", 1, 1.2), promise("f1", "ratio", 1, 1.2)), ())], replicates=5
    )
    ease, labels = rng.beta(2, 1, examples), np.arange(examples) % 2
    found: dict[str, Predictions] = {}
    for run in plan.runs:
        hits = rng.random(examples) < np.minimum(ease + 0.15 * (run.variant == "+ r"), 1)
        decisions = np.where(hits, labels, 1 - labels)
        found[run.test] = Predictions.of(np.eye(2, dtype=np.float32)[decisions], labels, np.arange(examples))
    stages = {each: Stage(each, "predict", {"positive": 1}, {}, 0.0) for each in found}
    results = pd.DataFrame(
        [{"variant": run.variant, "replicate": run.replicate, "status": "finished", "reason": ""}
         | {f"test/{name}": value for name, value in found[run.test].metrics(1).items()} for run in plan.runs]
    )  # fmt: skip
    return Evidence(dataclasses.replace(plan, stages=stages), results, lambda run: found[run.test])


def test_a_ratio_knows_of_the_test_examples() -> None:
    evidence = kept(np.random.default_rng(0), examples=400)
    accuracy, f1 = steps(evidence)
    new, old = (evidence.finished(row, "accuracy") for row in ("+ r", "baseline"))
    assert number(accuracy).mean == pytest.approx(np.prod(new / old) ** 0.2)
    # the delta method: to first order the logarithm of a ratio is the difference over the level
    arm = evidence.contrast({"+ r": 1, "baseline": -1}, evidence.metric("accuracy"))
    assert arm is not None
    gain = IntervalRule.of(evidence.plan).interval(arm)
    widths = [math.log(number(each).high / number(each).low) for each in (accuracy, f1)]
    assert widths[0] == pytest.approx((gain.high - gain.low) / 100 / np.mean([new, old]), rel=0.05)
    assert widths[1] == pytest.approx(widths[0], rel=0.3)  # of two equal classes, one of which F1 looks at
    alone = ttest_rel(np.log(new), np.log(old)).confidence_interval()
    assert widths[0] > 1.1 * (alone.high - alone.low)


# wider promises and the target


def wide(golden_plan: Plan, *promises: WiderPromise, **changes: object) -> Plan:
    return dataclasses.replace(golden_plan, promises=promises, **changes)  # type: ignore[arg-type]


def found_wide(plan: Plan, results: pd.DataFrame) -> tuple[PromiseOutcome, ...]:
    return wider_promises(Evidence(plan, results), nothing_excluded)


def test_the_whole_is_the_gain_of_the_last_row_over_the_baseline(
    golden_plan: Plan, golden_results: pd.DataFrame
) -> None:
    kinds = (promise("accuracy", "gain", 2, 4), promise("accuracy", "level", 80, 82), promise("parameters", "ratio", 4))
    plan = wide(golden_plan, WiderPromise(("aug", "ls", "ema"), kinds))
    gain, level, ratio = found_wide(plan, golden_results)
    assert (gain.of, gain.word, rounded(gain)) == ("total", "as promised", [2.6833, 2.2666, 3.1])
    assert round(number(level).mean, 4) == 82.7167
    assert level.word == "above"
    assert (ratio.word, rounded(ratio)) == ("as promised", [4, 4, 4])


def test_the_baseline_has_a_level(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    plan = wide(golden_plan, WiderPromise((), (promise("accuracy", "level", 79, 81), promise("accuracy", "gain", 1))))
    level, gain = found_wide(plan, golden_results)
    assert (level.of, level.word, round(rounded(level)[0], 4)) == ("baseline", "as promised", 80.0333)
    assert (gain.measured, gain.word) == (None, "")


def test_several_rungs_are_the_sum_of_their_steps(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    kinds = (
        promise("accuracy", "gain", 2, 3),
        promise("accuracy", "level", 82, 84),
        promise("train_seconds", "ratio", 2.5, 3),
    )
    apart, together = (WiderPromise(of, kinds) for of in (("aug", "ema"), ("ls", "ema")))
    gain, level, ratio, close, *_ = found_wide(wide(golden_plan, apart, together), golden_results)
    accuracy = golden_results.pivot(index="replicate", columns="variant", values="test/accuracy") * 100
    summed = accuracy["+ aug"] - accuracy["baseline"] + accuracy["+ ema"] - accuracy["+ ls"]
    expected = ttest_1samp(summed, 0).confidence_interval()
    assert (gain.of, rounded(gain)) == ("aug + ema", [round(float(each), 4) for each in (summed.mean(), *expected)])
    assert number(level).mean == pytest.approx(accuracy["+ ema"].mean())
    assert number(ratio).mean == pytest.approx(20 / 10 * 40 / 30)
    assert number(close).mean == pytest.approx((accuracy["+ ema"] - accuracy["+ aug"]).mean())


def test_rungs_next_to_each_other_need_no_row_in_between(
    golden_plan: Plan, golden_results: pd.DataFrame, with_hole: Hole
) -> None:
    plan = wide(golden_plan, WiderPromise(("aug", "ls"), promised(1, 3)))
    (found,) = found_wide(plan, with_hole(golden_results, "+ aug", 0))
    assert found.word == "as promised"


def test_rungs_that_were_dropped_are_skipped(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    dropped, rest = WiderPromise(("gone",), promised(1)), WiderPromise(("gone", "aug", "ls"), promised(1, 3))
    everything = WiderPromise(("aug", "gone", "ls", "ema"), promised(2, 4))
    found = found_wide(wide(golden_plan, dropped, rest, everything), golden_results)
    assert [each.of for each in found] == ["aug + ls", "total"]


def test_a_control_counts_for_nothing_in_the_whole() -> None:
    rungs = [Rung("a", (), ()), Rung("again", (), (), control=True), Rung("b", (), ())]
    plan = wide(plan_of(rungs, replicates=5), WiderPromise(("a", "b"), promised(1, 3)))
    scores = dict(zip(plan.ladder_rows, ([70.0] * 5, [71.0] * 5, [71.0] * 5, [72.0] * 5), strict=True))
    (found,) = found_wide(plan, results_of(plan, scores))
    assert (found.of, rounded(found), found.word) == ("total", [2, 2, 2], "as promised")


def test_a_ladder_without_rungs_has_no_whole_to_promise() -> None:
    plan = wide(plan_of([], replicates=5), WiderPromise(("Final recipe",), promised(1)))
    assert found_wide(plan, results_of(plan, {"baseline": [70.0] * 5})) == ()


@pytest.mark.parametrize(
    ("metric", "level", "word"),
    [
        ("accuracy", 82, "reached"),  # [82.3263, 83.1070] by scipy
        ("accuracy", 83, "cannot tell"),
        ("accuracy", 83.2, "missed"),
        ("latency_ms_1", 8.9, "reached"),  # 8 ms, give or take a tenth
        ("latency_ms_1", 8, "cannot tell"),
        ("latency_ms_1", 7.1, "missed"),
        ("peak_memory_mb", 100, ""),
    ],
)
def test_a_target_is_reached_by_the_worse_end(
    golden_plan: Plan, golden_results: pd.DataFrame, metric: str, level: float, word: str
) -> None:
    plan = dataclasses.replace(golden_plan, target=promise(metric, "level", level))
    found = target_outcome(Evidence(plan, golden_results), nothing_excluded)
    assert found is not None
    assert found.word == word


@pytest.mark.parametrize(("level", "word"), [(0.9, "reached"), (0.52, "cannot tell"), (0.3, "missed")])
def test_a_target_of_a_loss_is_to_be_stayed_under(
    golden_plan: Plan, golden_results: pd.DataFrame, level: float, word: str
) -> None:
    frame = golden_results.assign(**{"test/log_loss": 0.5 + 0.05 * (golden_results["replicate"] % 2)})
    plan = dataclasses.replace(golden_plan, target=promise("log_loss", "level", level))
    found = target_outcome(Evidence(plan, frame), nothing_excluded)
    assert found is not None
    assert found.word == word


def test_without_a_target_nothing_is_judged(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    assert target_outcome(Evidence(golden_plan, golden_results), nothing_excluded) is None


def test_few_replicates_reach_no_target() -> None:
    plan = dataclasses.replace(plan_of([Rung("r", (), ())], replicates=3), target=promise("accuracy", "level", 10))
    results = results_of(plan, {"baseline": [70.0, 71, 72], "+ r": [71.0, 72, 73]})
    found = target_outcome(Evidence(plan, results), nothing_excluded)
    assert found is not None
    assert found.word == "cannot tell"


@pytest.mark.parametrize("expect", [3, {"gain": 3}, {"metric": "train_seconds", "ratio": 2}])
def test_a_baseline_is_promised_a_level_alone(expect: object) -> None:
    with pytest.raises(ValidationError, match="nothing stands before the baseline: promise it a level"):
        WiderPromiseSettings.model_validate({"of": "baseline", "expect": expect})


def test_a_promise_of_no_rung_at_all_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1"):
        WiderPromiseSettings.model_validate({"of": [], "expect": {"level": 80}})


# order of importance


def promises_of(plan: Plan, results: pd.DataFrame) -> dict[str, tuple[PromiseOutcome, ...]]:
    return {each.of.removeprefix("+ "): (each,) for each in steps(Evidence(plan, results))}


def test_the_golden_ladder_keeps_half_of_the_promised_order(golden_plan: Plan, golden_results: pd.DataFrame) -> None:
    order = order_of_importance(promises_of(golden_plan, golden_results))
    assert order is not None
    assert (order.promised, order.measured) == (("aug", "ls", "ema"), ("aug", "ema", "ls"))
    assert order.tau == pytest.approx(1 / 3)  # two pairs of three agree
    assert order.p == pytest.approx(1.0)  # half of the six orders agree in two pairs or more, as many in one or fewer


def test_five_rungs_in_the_promised_order_are_no_accident() -> None:
    rungs = [Rung(str(number), promised(5 - number), ()) for number in range(5)]
    plan = plan_of(rungs, replicates=5)
    levels = 50 + np.cumsum([0, 9, 7, 4, 2, 1])
    scores = {row: [level] * 5 for row, level in zip(plan.ladder_rows, levels, strict=True)}
    order = order_of_importance(promises_of(plan, results_of(plan, scores)))
    assert order is not None
    assert (order.tau, order.p) == (pytest.approx(1), pytest.approx(2 / math.factorial(5)))


def test_equal_promises_have_no_order() -> None:
    plan = plan_of([Rung("a", promised(2), ()), Rung("b", promised(2), ())], replicates=5)
    scores = {row: [50.0 + number] * 5 for number, row in enumerate(plan.ladder_rows)}
    order = order_of_importance(promises_of(plan, results_of(plan, scores)))
    assert order is not None
    assert math.isnan(order.tau)
    assert math.isnan(order.p)


def test_other_promises_and_unmeasured_steps_are_no_part_of_the_order(
    golden_plan: Plan, golden_results: pd.DataFrame, with_hole: Hole
) -> None:
    assert order_of_importance(promises_of(golden_plan, with_hole(golden_results, "+ ls", 1))) is None
    level = Rung("ls", (promise("accuracy", "level", 80, 85),), ())
    plan = dataclasses.replace(golden_plan, rungs=(golden_plan.rungs[0], level, golden_plan.rungs[2]))
    order = order_of_importance(promises_of(plan, golden_results))
    assert order is not None
    assert order.promised == ("aug", "ema")
