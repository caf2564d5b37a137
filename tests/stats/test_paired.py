"""Paired intervals: Student's data, SciPy's own test, scikit-learn's corrected t, and the corners."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import ttest_rel
from statsmodels.stats.weightstats import ttost_paired

from ablation.stats.paired import paired_t, resampled_t
from ablation.stats.signs import wins

SLEEP = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])


def test_students_sleep_data_give_his_figures():
    interval = paired_t(SLEEP)
    assert interval.mean == pytest.approx(1.58)
    assert (interval.df, interval.n, interval.level) == (9, 10, 0.95)
    assert interval.mean / (interval.sd / math.sqrt(10)) == pytest.approx(4.0621277, abs=5e-8)
    assert interval.p == pytest.approx(0.0028328902, abs=5e-11)
    assert (interval.low, interval.high) == pytest.approx((0.7001142, 2.4598858), abs=5e-8)


def test_the_golden_ladder_gives_its_printed_intervals(golden):
    old, aug, ls, ema = golden
    steps = [paired_t(aug - old), paired_t(ls - aug), paired_t(ema - ls), paired_t(ema - old)]
    assert [round(step.mean, 4) for step in steps] == [2.0167, 0.1667, 0.5, 2.6833]
    assert [round(step.low, 4) for step in steps] == [1.6955, -0.1123, 0.2032, 2.2666]
    assert [round(step.high, 4) for step in steps] == [2.3378, 0.4456, 0.7968, 3.1]
    assert steps[1].p == pytest.approx(0.185199, abs=5e-7)
    assert steps[2].p == pytest.approx(0.007498, abs=5e-7)


@given(st.integers(2, 12), st.integers(0, 10_000), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_any_two_arms_agree_with_scipys_paired_test(n, seed, level):
    generator = np.random.default_rng(seed)
    new, old = generator.normal(1, 1, n), generator.normal(0, 2, n)
    expected = ttest_rel(new, old)
    bounds = expected.confidence_interval(level)
    interval = paired_t(new - old, level)
    assert interval.p == pytest.approx(float(expected.pvalue))
    assert (interval.low, interval.high) == pytest.approx((float(bounds.low), float(bounds.high)))


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=12))
def test_swapping_the_arms_mirrors_the_interval(values):
    there, back = paired_t(values), paired_t([-value for value in values])
    assert (back.mean, back.low, back.high, back.p) == (-there.mean, -there.high, -there.low, there.p)


def test_one_replicate_has_a_mean_and_no_interval():
    interval = paired_t([1.5])
    assert interval.mean == 1.5
    assert not interval.known
    assert all(math.isnan(each) for each in (interval.low, interval.high, interval.p, interval.sd))
    assert not interval.excludes(0)


def test_identical_arms_have_an_interval_of_no_width_at_zero():
    interval = paired_t([0.0, 0.0, 0.0])
    assert (interval.low, interval.mean, interval.high, interval.p) == (0, 0, 0, 1)


def test_equal_differences_collapse_the_interval_on_their_mean():
    interval = paired_t([0.5, 0.5, 0.5])
    assert (interval.low, interval.mean, interval.high, interval.p) == (0.5, 0.5, 0.5, 0)


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [[1.0, 2.0]]])
def test_holes_are_refused(values):
    with pytest.raises(ValueError, match="finite values"):
        paired_t(values)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=9, unique=True), st.floats(0.1, 5))
def test_a_ninety_per_cent_interval_inside_the_margin_is_statsmodels_equivalence(differences, margin):
    assume(np.std(differences) > 1e-6)
    p = float(ttost_paired(np.array(differences), np.zeros(len(differences)), -margin, margin)[0])
    assume(abs(p - 0.05) > 1e-9)
    interval = paired_t(differences, 0.9)
    assert (-margin < interval.low and interval.high < margin) == (p < 0.05)


def test_label_smoothing_of_the_golden_ladder_is_equivalent_at_half_a_point(golden):
    baseline, aug, ls, _ = golden
    interval = paired_t(ls - aug, 0.9)
    assert 0.3 < max(-interval.low, interval.high) < 0.5
    assert (wins(aug - baseline).won, wins(aug - baseline).of) == (6, 6)


def test_corrected_t_of_scikit_learns_example_on_comparing_models():
    """The two best support vector machines of plot_grid_search_stats on a hundred folds of the moons."""
    from sklearn.datasets import make_moons
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    images, labels = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    radial, linear = (
        cross_val_score(SVC(kernel=kernel, random_state=0), images, labels, scoring="roc_auc", cv=folds)
        for kernel in ("rbf", "linear")
    )
    interval = resampled_t(radial - linear, 10 / 90)
    t = interval.mean / (interval.sd * math.sqrt(1 / 100 + 10 / 90))
    assert round(t, 4) == 0.7503
    assert round(interval.p / 2, 4) == 0.2274


def test_corrected_t_is_wider_than_the_plain_one():
    differences = [1.0, 2.0, 0.5, 1.5]
    plain, corrected = paired_t(differences), resampled_t(differences, 0.25)
    assert (corrected.high - corrected.low) / (plain.high - plain.low) == pytest.approx(math.sqrt(2))
