"""Calibration: draws whose truth is known are judged as their formulas say."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ladders import plan_of, results_of
from scipy.stats import bootstrap, ttest_1samp

from ablation.analysis.calibration.calibration import ErrorRate, IntervalCalibration, NotEnoughStored, calibration
from ablation.analysis.calibration.draws import StoredArms, allotted
from ablation.analysis.calibration.intervals import (
    BOOTSTRAP,
    EXAMPLES,
    REDRAWN,
    REPLICATES,
    TWO_COMPONENTS,
    WIDER,
    Intervals,
    by_images,
    by_resamples,
)
from ablation.analysis.calibration.shares import Population, ShareEstimate, share_of
from ablation.analysis.comparison.arms import Arm
from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.interval_rule import IntervalRule
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan, Run, Rung, Variant
from ablation.experiment.planning.run_mode import REPEAT
from ablation.metrics.predictions import Predictions
from ablation.metrics.registry import metric
from ablation.stats.components import components
from ablation.stats.resampled import resampled_t

ACCURACY = metric("accuracy")
DRAWS = 1000


def arms(
    replicates: int,
    images: int,
    *,
    taste: float = 0.5,
    training: float = 0.1,
    noise: float = 0.5,
    gain: float = 0.2,
    seed: int = 0,
) -> tuple[Arm, Arm]:
    """Baseline and final recipe whose scores are sums of normal effects of these standard deviations."""
    generator = np.random.default_rng(seed)
    difficulty = generator.normal(size=(1, images))

    def arm(level: float) -> Arm:
        shape = replicates, images
        scores = level + difficulty + generator.normal(0, taste, (1, images))
        scores = scores + generator.normal(0, training, (replicates, 1)) + generator.normal(0, noise, shape)
        return Arm(scores.mean(axis=1), examples=scores)

    return arm(0.0), arm(gain)


def stored(*both: Arm, test_to_train: float | None = None) -> StoredArms:
    return StoredArms(both[0], both[1], Intervals(test_to_train, 0.95))


def errors(drawn, interval: str) -> float:
    low, high = drawn.bounds[interval]
    return float(((drawn.truth < low) | (drawn.truth > high)).mean())


# ---------------------------------------------------------------------------------------------------- intervals


@settings(max_examples=40)
@given(st.integers(2, 6), st.integers(2, 9), st.booleans(), st.integers(0, 10_000))
def test_the_fast_interval_is_the_rulers(k: int, n: int, by_class: bool, seed: int) -> None:
    generator = np.random.default_rng(seed)
    sizes = (n, n + 3) if by_class else (n,)
    scores = np.round(generator.normal(size=(3, k, sum(sizes))), 1)
    strata = np.repeat(np.arange(len(sizes)), sizes) if by_class else None
    low, high = Intervals(None, 0.9).bounds(scores.mean(2), by_images(scores, sizes), generator)[WIDER]
    for number, one in enumerate(scores):
        expected = IntervalRule(None).interval(Arm(one.mean(1), examples=one, strata=strata), 0.9)
        assert (low[number], high[number]) == pytest.approx((expected.low, expected.high), abs=1e-9)


@settings(max_examples=20)
@given(st.integers(2, 6), st.integers(0, 10_000))
def test_the_fast_interval_is_the_rulers_where_the_test_set_is_resampled(k: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    values, resamples = generator.normal(size=(3, k)), generator.normal(size=(3, k, 12))
    low, high = Intervals(None, 0.95).bounds(values, by_resamples(resamples, 30), generator)[WIDER]
    for number in range(3):
        expected = IntervalRule(None).interval(Arm(values[number], resamples=resamples[number], examples_df=30))
        assert (low[number], high[number]) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_two_components_are_the_packages() -> None:
    scores = np.random.default_rng(5).normal(size=(5, 4, 20))
    low, high = Intervals(None, 0.95).bounds(scores.mean(2), by_images(scores, [20]), np.random.default_rng(0))[
        TWO_COMPONENTS
    ]
    expected = [components(each).interval() for each in scores]
    assert low == pytest.approx([each.low for each in expected])
    assert high == pytest.approx([each.high for each in expected])


def test_the_other_intervals_are_those_of_scipy_and_of_the_package() -> None:
    generator = np.random.default_rng(1)
    scores = generator.normal(size=(4, 12, 30))
    values = scores.mean(axis=2)
    bounds = Intervals(None, 0.95).bounds(values, by_images(scores, [30]), generator)
    redrawn = Intervals(0.5, 0.95).bounds(values, None, generator)
    assert list(bounds) == [WIDER, TWO_COMPONENTS, REPLICATES, EXAMPLES, BOOTSTRAP]
    assert list(redrawn) == [REDRAWN, REPLICATES, BOOTSTRAP]
    for number, row in enumerate(values):
        for name, sample in ((REPLICATES, row), (EXAMPLES, scores[number].mean(axis=0))):
            expected = ttest_1samp(sample, 0).confidence_interval()
            assert (bounds[name][0][number], bounds[name][1][number]) == pytest.approx(tuple(expected))
        corrected = resampled_t(row, 0.5)
        assert redrawn[REDRAWN][0][number] == pytest.approx(corrected.low)
        percentile = bootstrap((row,), np.mean, method="percentile", rng=np.random.default_rng(0)).confidence_interval
        found = bounds[BOOTSTRAP][0][number], bounds[BOOTSTRAP][1][number]
        assert found == pytest.approx(tuple(percentile), abs=0.15 * np.ptp(percentile))


def test_scores_that_are_all_equal_have_intervals_of_no_width() -> None:
    scores = np.full((1, 3, 4), 0.1)
    bounds = Intervals(None, 0.95).bounds(scores.mean(axis=2), by_images(scores, [4]), np.random.default_rng(0))
    assert all(low == pytest.approx(0.1) and high == pytest.approx(0.1) for low, high in bounds.values())


# -------------------------------------------------------------------------------------------------------- draws


def test_equal_arms_differ_as_often_as_alpha_says() -> None:
    world = stored(*arms(60, 200))
    for images in (50, None):
        drawn = world.null_draws(10, images, DRAWS, np.random.default_rng(0))
        assert errors(drawn, REPLICATES) == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / DRAWS))
        assert errors(drawn, TWO_COMPONENTS) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / DRAWS)


@pytest.mark.parametrize("draw", ["pairs", "strangers"])
@pytest.mark.parametrize(("k", "images"), [(5, 50), (15, 50), (5, 100), (15, 100)])
def test_two_components_cover_the_truth_however_large_the_drawn_share(draw: str, k: int, images: int) -> None:
    drawn = getattr(stored(*arms(30, 200)), draw)(k, images, DRAWS, np.random.default_rng(k))
    assert errors(drawn, TWO_COMPONENTS) == pytest.approx(0.05, abs=0.025)


def test_without_moving_the_truth_a_large_drawn_share_would_hide_errors() -> None:
    world = stored(*arms(30, 200))
    drawn = world.paired_draws(15, 100, DRAWS, np.random.default_rng(0))
    low, high = drawn.bounds[TWO_COMPONENTS]
    assert ((world.gain < low) | (world.gain > high)).mean() < 0.02


@pytest.mark.parametrize("draw", ["pairs", "strangers"])
def test_means_stray_from_the_moved_truth_as_much_as_endless_draws_would(draw: str) -> None:
    k, n, taste, training, noise = 10, 100, 0.5, 0.2, 0.7
    found = []
    for seed in range(30):
        world = stored(*arms(40, 200, taste=taste, training=training, noise=noise, seed=seed))
        drawn = getattr(world, draw)(k, n, 200, np.random.default_rng(seed))
        mean = np.mean(drawn.bounds[REPLICATES], axis=0)
        found.append(np.mean((mean - drawn.truth) ** 2))
    expected = 2 * (taste**2 / n + training**2 / k + noise**2 / (k * n))
    assert np.mean(found) == pytest.approx(expected, rel=0.12)


def test_an_interval_that_forgets_the_training_is_seen_to_fail() -> None:
    world = stored(*arms(60, 400, training=0.5))
    drawn = world.null_draws(5, 200, DRAWS, np.random.default_rng(0))
    low, high = drawn.bounds[EXAMPLES]
    promise = ErrorRate(share_of((low > 0) | (high < 0), drawn.sources), 0.05)
    assert promise.errs.share > 0.3
    assert promise.word == "broken"


def test_an_interval_that_forgets_the_test_images_is_seen_to_fail() -> None:
    drawn = stored(*arms(100, 400, taste=1.0, training=0.02)).paired_draws(10, 100, DRAWS, np.random.default_rng(0))
    low, high = drawn.bounds[REPLICATES]
    assert ErrorRate(share_of((drawn.truth < low) | (drawn.truth > high), drawn.sources), 0.05).word == "broken"


def test_classes_keep_their_weight_in_test_sets_that_are_drawn() -> None:
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [120, 60, 20])
    right = (generator.random((40, 200)) < np.array([0.9, 0.6, 0.3])[labels]).astype(float)
    scores = right * (200 / (3 * np.bincount(labels)))[labels]
    arm = Arm(scores.mean(axis=1), examples=scores, strata=labels)
    nothing = Arm(np.zeros(40), examples=np.zeros((40, 200)), strata=labels)
    drawn = stored(nothing, arm).paired_draws(10, 45, DRAWS, generator)
    columns = drawn.sources[1].taken
    assert {tuple(np.bincount(labels[each])) for each in columns} == {(27, 14, 4)}
    mean = np.mean(drawn.bounds[REPLICATES], axis=0)
    assert mean.mean() == pytest.approx(0.6, abs=0.02)
    first, classes = right[drawn.sources[0].taken[0]][:, columns[0]], labels[columns[0]]
    by_hand = np.mean([first[:, classes == each].mean() for each in range(3)])
    assert mean[0] == pytest.approx(by_hand)


@given(st.lists(st.integers(2, 40), min_size=2, max_size=6), st.floats(0.1, 0.5))
def test_images_are_allotted_in_proportion_and_two_to_a_class_at_least(there: list[int], share: float) -> None:
    total = round(share * sum(there))
    counts = allotted(there, total)
    assert all(2 <= got <= of for got, of in zip(counts, there, strict=True))
    assert sum(counts) - total in range(len(there) * 2 + 1)
    assert all(abs(got - total * of / sum(there)) < 1 or got == 2 for got, of in zip(counts, there, strict=True))


def test_draws_take_no_run_twice_and_equal_arms_none_in_common() -> None:
    drawn = stored(*arms(12, 40)).null_draws(6, 20, 50, np.random.default_rng(0))
    rows, columns = drawn.sources
    assert all(len(set(row)) == 12 for row in rows.taken.tolist())
    assert all(len(set(row)) == 20 for row in columns.taken.tolist())


# ------------------------------------------------------------------------------------------------------- shares


def test_the_jackknife_is_the_one_that_leaves_out_one_run_at_a_time() -> None:
    generator = np.random.default_rng(0)
    taken = np.argsort(generator.random((4000, 8)), axis=1)[:, :3]
    hits = (taken < 2).any(axis=1).astype(float)
    means = np.array([hits[(taken != each).all(axis=1)].mean() for each in range(8)])
    expected = 7 / 8 * ((means - hits.mean()) ** 2).sum()
    assert Population(taken, 8).variance(hits)[0] == pytest.approx(expected, rel=0.1)


def test_draws_that_take_all_there_is_are_worth_one_for_each_run() -> None:
    hits = np.arange(90) % 3 == 0
    assert share_of(hits, [Population(np.tile(np.arange(12), (90, 1)), 12)]).worth == 10  # by 1 / (1/90 + 1/12)


def test_a_share_of_none_is_bounded_by_the_disjoint_draws_that_there_could_be() -> None:
    source = Population(np.argsort(np.random.default_rng(0).random((1000, 40)), axis=1)[:, :10], 40)
    assert share_of(np.zeros(1000, dtype=bool), [source]) == ShareEstimate(0.0, 0.0, pytest.approx(0.6024, abs=1e-4), 4)


def test_more_draws_are_surer_of_what_they_are_worth() -> None:
    worth = []
    for draws in (500, 5000, 50_000):
        generator = np.random.default_rng(draws)
        taken = np.argsort(generator.random((draws, 30)), axis=1)[:, :6]
        worth.append(share_of(generator.random(draws) < 0.05, [Population(taken, 30)]).worth)
    assert worth == sorted(worth)


def test_a_share_that_hangs_on_few_runs_is_worth_few_draws() -> None:
    taken = np.argsort(np.random.default_rng(0).random((5000, 40)), axis=1)[:, :10]
    one_run, luck = (taken == 0).any(axis=1), np.random.default_rng(1).random(5000) < 0.25
    assert share_of(one_run, [Population(taken, 40)]).worth < 10
    assert share_of(luck, [Population(taken, 40)]).worth > 500


@pytest.mark.parametrize(
    ("low", "high", "word"), [(0.051, 0.09, "broken"), (0.02, 0.1, "kept"), (0.02, 0.11, "cannot tell"), (0, 0, "kept")]
)
def test_a_promise_is_kept_or_broken_only_where_that_is_sure(low: float, high: float, word: str) -> None:
    assert ErrorRate(ShareEstimate(low, low, high, 100), 0.05).word == word


# ----------------------------------------------------------------------------------------------- the calibration


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
    assert {each.interval for each in seen.checked} == {WIDER, TWO_COMPONENTS, REPLICATES, EXAMPLES, BOOTSTRAP}
    assert all((each.interval == WIDER) == each.used for each in seen.checked)
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
    assert [each.interval for each in seen.checked] == [REDRAWN, REPLICATES, BOOTSTRAP]
    assert [each.used for each in seen.checked] == [True, False, False]
    assert all(each.paired is not None for each in seen.checked)
    corrected, plain, _ = (each.false.errs.share for each in seen.checked)
    assert corrected < plain


def test_scores_without_examples_are_judged_by_the_paired_t() -> None:
    plan = calibration_plan(24)
    levels = np.random.default_rng(0).normal(70, 1, (2, 24))
    scores = {"baseline": levels[0], "+ Final recipe": levels[1], "baseline again": levels[0][:1]}
    seen = calibration(Evidence(plan, results_of(plan, scores)), ACCURACY, 500, (5,), 0)
    assert [(each.interval, each.used) for each in seen.checked] == [(REPLICATES, True), (BOOTSTRAP, False)]
    assert seen.floor is None


def test_a_score_of_the_whole_test_set_is_calibrated_on_the_whole_test_set() -> None:
    seen = calibration(evidence(calibration_plan(12)), metric("macro_f1"), 100, (5,), 0)
    assert {each.images for each in seen.checked} == {80}
    assert seen.checked[0].interval == WIDER


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
    with pytest.raises(UserError, match="not every run of baseline"):
        calibration(holed, ACCURACY, 100, (5,), 0)
