"""Calibration: error rates of runs whose truth is known."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from ladders import plan_of, results_of

from ablation.analysis.calibration.calibration import ErrorRate, IntervalCalibration, NotEnoughStored, calibration
from ablation.analysis.calibration.shares import ShareEstimate
from ablation.analysis.comparison.evidence import Evidence
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan, Run, Rung, Variant
from ablation.experiment.planning.run_mode import REPEAT
from ablation.metrics.predictions import Predictions
from ablation.metrics.registry import metric

ACCURACY = metric("accuracy")


@pytest.mark.parametrize(
    ("low", "high", "word"), [(0.051, 0.09, "broken"), (0.02, 0.1, "kept"), (0.02, 0.11, "cannot tell"), (0, 0, "kept")]
)
def test_a_promise_is_kept_or_broken_only_where_that_is_sure(low: float, high: float, word: str) -> None:
    assert ErrorRate(ShareEstimate(low, low, high, 100), 0.05).word == word


def calibration_plan(
    replicates: int, *, protocol: str = "fixed_test", rungs: Sequence[str] = ("Final recipe",)
) -> Plan:
    """A plan as ``calibrate`` makes it, of predictions that are made up."""
    plan = plan_of([Rung(name, (), ()) for name in rungs], replicates, protocol=protocol)
    again = Variant("baseline again", (), (REPEAT,), {}, "baseline again", execution=1)
    run = Run("baseline again", 0, "again", ("again",), "again", "again", {}, ("again",), ())
    dataset = plan.dataset | {"counts": {"train": [60, 60], "val": [20, 20], "test": [40, 40]}}
    return dataclasses.replace(
        plan, variants=(*plan.variants, again), runs=(*plan.runs, run), dataset=dataset, stages={}
    )


def evidence(plan: Plan, images: int = 80, *, apart: float = 0.0, level: float = 0.7) -> Evidence:
    """Two classes, each variant right as often as ``level`` or .1 more; the repetition is ``apart`` from the first."""
    labels = np.arange(images) % 2

    def read(run: Run) -> Predictions:
        seed = [run.replicate, run.variant.startswith("+")]
        right = np.random.default_rng(seed).random(images) < level + 0.1 * seed[1]
        shift = apart if run.variant == "baseline again" else 0.0
        of_truth = np.where(right, 0.8 - shift, 0.2)
        probabilities = np.stack([1 - of_truth, of_truth], axis=1)[np.arange(images)[:, None], [[0, 1]]]
        flipped = np.where(labels[:, None] == 1, probabilities, probabilities[:, ::-1])
        return Predictions.of(flipped.astype(np.float32), labels, np.arange(images))

    rows = [
        {"variant": run.variant, "replicate": run.replicate, "status": "finished", "reason": ""}
        | {f"test/{name}": ACCURACY.value(read(run).predicted(None)) for name in ("accuracy",)}
        for run in plan.runs
    ]
    for run in plan.runs:
        vars(plan)["stages"].setdefault(run.test, type("Stage", (), {"task": {}}))
    return Evidence(plan, pd.DataFrame(rows), read)


def found(replicates: int, sizes: Sequence[int] = (5, 10), test_sizes: Sequence[int] = ()) -> IntervalCalibration:
    return calibration(evidence(calibration_plan(replicates)), ACCURACY, 200, sizes, 0, test_sizes)


@pytest.fixture(scope="module")
def seen() -> IntervalCalibration:
    return found(24)


def test_every_interval_is_checked_for_every_size_that_can_be_drawn(seen: IntervalCalibration) -> None:
    assert (seen.replicates, seen.images, seen.draws) == (24, 80, 200)
    assert [(each.k, each.images) for each in seen.checked if each.used] == [
        (k, n) for k in (5, 10) for n in (20, 40, 80)
    ]
    assert {each.interval for each in seen.checked} == {
        "wider",
        "two_components",
        "replicates",
        "examples",
        "bootstrap",
    }
    assert all((each.interval == "wider") == each.used for each in seen.checked)
    assert all((each.paired is None) == (each.images == 80) for each in seen.checked)
    assert all(each.gains + each.losses == pytest.approx(each.false.errs.share) for each in seen.checked)


def test_the_true_gain_is_that_of_all_stored_runs(seen: IntervalCalibration) -> None:
    runs = evidence(calibration_plan(24))
    old, new = runs.arm("baseline", ACCURACY), runs.arm("+ Final recipe", ACCURACY)
    assert old is not None
    assert new is not None
    assert seen.gain == pytest.approx((new.values - old.values).mean())


def test_the_same_seed_gives_the_same_answer_and_another_one_another() -> None:
    seen = evidence(calibration_plan(12))
    one, same, other = (calibration(seen, ACCURACY, 100, (5,), seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_too_few_stored_replicates_or_images_are_named_with_what_is_needed() -> None:
    seen = found(12, (5, 10), (20, 60))
    assert {each.k for each in seen.checked} == {5}
    assert seen.missing == (NotEnoughStored("replicates", 10, 20, 12), NotEnoughStored("images", 60, 120, 80))
    assert found(2, (5,)).checked == ()


def test_a_recipe_without_rungs_is_held_against_itself_alone() -> None:
    seen = calibration(evidence(calibration_plan(12, rungs=())), ACCURACY, 100, (5,), 0)
    assert seen.gain is None
    assert seen.checked
    assert all(each.paired is None and each.unpaired is None for each in seen.checked)


def test_redrawn_test_sets_are_judged_by_nadeau_and_bengio() -> None:
    plan = calibration_plan(24, protocol="resampled")
    seen = calibration(evidence(plan), ACCURACY, 500, (5,), 0)
    assert [each.interval for each in seen.checked] == ["redrawn", "replicates", "bootstrap"]
    assert [each.used for each in seen.checked] == [True, False, False]
    assert all(each.paired is not None for each in seen.checked)
    corrected, plain, _ = (each.false.errs.share for each in seen.checked)
    assert corrected < plain


def test_scores_without_examples_are_judged_by_the_paired_t() -> None:
    plan = calibration_plan(24)
    levels = np.random.default_rng(0).normal(70, 1, (2, 24))
    scores = {"baseline": levels[0], "+ Final recipe": levels[1], "baseline again": levels[0][:1]}
    seen = calibration(Evidence(plan, results_of(plan, scores)), ACCURACY, 500, (5,), 0)
    assert [(each.interval, each.used) for each in seen.checked] == [("replicates", True), ("bootstrap", False)]
    assert seen.floor is None


def test_a_score_of_the_whole_test_set_is_calibrated_on_the_whole_test_set() -> None:
    seen = calibration(evidence(calibration_plan(12)), metric("macro_f1"), 100, (5,), 0)
    assert {each.images for each in seen.checked} == {80}
    assert seen.checked[0].interval == "wider"


def test_the_floor_is_the_largest_difference_of_two_executions() -> None:
    same = found(4, (2,)).floor
    assert same is not None
    assert (same.probability, same.metric, same.executions, same.bit_for_bit) == (0.0, 0.0, 2, True)
    apart = calibration(evidence(calibration_plan(4), apart=0.4), ACCURACY, 100, (2,), 0).floor
    assert apart is not None
    assert apart.probability == pytest.approx(0.4)
    assert apart.metric == pytest.approx(70, abs=15)
    assert not apart.bit_for_bit


def test_a_missing_run_is_refused_by_name() -> None:
    plan = calibration_plan(12)
    seen = evidence(plan)
    holed = Evidence(plan, seen.results[seen.results["replicate"] != 3], seen.reader)
    with pytest.raises(UserError, match="runs of baseline are missing"):
        calibration(holed, ACCURACY, 100, (5,), 0)
