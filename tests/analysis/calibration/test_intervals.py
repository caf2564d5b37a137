"""The intervals of many comparisons equal those of SciPy and of the package for each of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, ttest_1samp

from ablation.analysis.calibration.intervals import ExampleVariance, Intervals
from ablation.analysis.comparison.arms import Arm
from ablation.analysis.comparison.comparison import IntervalRule
from ablation.stats.components import components
from ablation.stats.paired import resampled_t


@settings(max_examples=40)
@given(st.integers(2, 6), st.integers(2, 9), st.booleans(), st.integers(0, 10_000))
def test_the_fast_interval_is_that_of_the_rule(k: int, n: int, by_class: bool, seed: int) -> None:
    generator = np.random.default_rng(seed)
    sizes = (n, n + 3) if by_class else (n,)
    scores = np.round(generator.normal(size=(3, k, sum(sizes))), 1)
    strata = np.repeat(np.arange(len(sizes)), sizes) if by_class else None
    low, high = Intervals(None, 0.9).bounds(scores.mean(2), ExampleVariance.of_images(scores, sizes), generator)[
        "wider"
    ]
    for number, one in enumerate(scores):
        expected = IntervalRule(None).interval(Arm(one.mean(1), examples=one, strata=strata), 0.9)
        assert (low[number], high[number]) == pytest.approx((expected.low, expected.high), abs=1e-9)


@settings(max_examples=20)
@given(st.integers(2, 6), st.integers(0, 10_000))
def test_the_fast_interval_is_that_of_the_rule_where_the_test_set_is_resampled(k: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    values, resamples = generator.normal(size=(3, k)), generator.normal(size=(3, k, 12))
    low, high = Intervals(None, 0.95).bounds(values, ExampleVariance.of_resamples(resamples, 30), generator)["wider"]
    for number in range(3):
        expected = IntervalRule(None).interval(Arm(values[number], resamples=resamples[number], examples_df=30))
        assert (low[number], high[number]) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_two_components_equal_those_of_the_stats_package() -> None:
    scores = np.random.default_rng(5).normal(size=(5, 4, 20))
    low, high = Intervals(None, 0.95).bounds(
        scores.mean(2), ExampleVariance.of_images(scores, [20]), np.random.default_rng(0)
    )["two_components"]
    expected = [components(each).interval() for each in scores]
    assert low == pytest.approx([each.low for each in expected])
    assert high == pytest.approx([each.high for each in expected])


def test_the_other_intervals_are_those_of_scipy_and_of_the_package() -> None:
    generator = np.random.default_rng(1)
    scores = generator.normal(size=(4, 12, 30))
    values = scores.mean(axis=2)
    bounds = Intervals(None, 0.95).bounds(values, ExampleVariance.of_images(scores, [30]), generator)
    redrawn = Intervals(0.5, 0.95).bounds(values, None, generator)
    assert list(bounds) == ["wider", "two_components", "replicates", "examples", "bootstrap"]
    assert list(redrawn) == ["redrawn", "replicates", "bootstrap"]
    for number, row in enumerate(values):
        for name, sample in (("replicates", row), ("examples", scores[number].mean(axis=0))):
            expected = ttest_1samp(sample, 0).confidence_interval()
            assert (bounds[name][0][number], bounds[name][1][number]) == pytest.approx(tuple(expected))
        corrected = resampled_t(row, 0.5)
        assert redrawn["redrawn"][0][number] == pytest.approx(corrected.low)
        percentile = bootstrap((row,), np.mean, method="percentile", rng=np.random.default_rng(0)).confidence_interval
        found = bounds["bootstrap"][0][number], bounds["bootstrap"][1][number]
        assert found == pytest.approx(tuple(percentile), abs=0.15 * np.ptp(percentile))


def test_scores_that_are_all_equal_have_intervals_of_no_width() -> None:
    scores = np.full((1, 3, 4), 0.1)
    bounds = Intervals(None, 0.95).bounds(
        scores.mean(axis=2), ExampleVariance.of_images(scores, [4]), np.random.default_rng(0)
    )
    assert all(low == pytest.approx(0.1) and high == pytest.approx(0.1) for low, high in bounds.values())
