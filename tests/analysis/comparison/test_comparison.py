"""Comparisons: their tests, intervals and power are those of SciPy for the paired differences."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from ladders import plan_of
from scipy.stats import false_discovery_control, ttest_1samp, ttest_rel

from ablation.analysis.comparison.arms import Arm
from ablation.analysis.comparison.comparison import Comparison, IntervalRule, adjusted_family, compared, images
from ablation.experiment.planning.plan import Rung
from ablation.stats.adjust import benjamini_hochberg
from ablation.stats.paired import resampled_t

OLD, NEW = np.array([80.0, 79.0, 81.0, 80.4, 79.6, 80.2]), np.array([82.0, 81.5, 82.6, 82.5, 81.4, 82.3])


def comparison(old: np.ndarray = OLD, new: np.ndarray = NEW, margin: float = 0.5) -> Comparison:
    return compared(Arm(old), Arm(new), IntervalRule(None), margin, 0.05, 0.05)


def test_a_comparison_is_the_paired_t_test() -> None:
    expected = ttest_rel(NEW, OLD)
    bounds, narrow = expected.confidence_interval(0.95), expected.confidence_interval(0.90)
    result = comparison()
    assert result.interval.p == pytest.approx(expected.pvalue)
    assert (result.interval.low, result.interval.high) == pytest.approx((bounds.low, bounds.high))
    assert (result.narrow.low, result.narrow.high) == pytest.approx((narrow.low, narrow.high))
    assert result.correlation == pytest.approx(np.corrcoef(OLD, NEW)[0, 1])
    assert result.differences == pytest.approx(tuple(NEW - OLD))
    assert (result.wins.won, result.sign_flip, result.identical) == (6, 2 / 2**6, False)


def test_equal_arms_are_identical_and_have_no_correlation_without_spread() -> None:
    result = comparison(np.full(6, 80.0), np.full(6, 80.0))
    assert result.identical
    assert math.isnan(result.correlation)


def test_one_replicate_has_no_power() -> None:
    result = comparison(OLD[:1], NEW[:1])
    assert math.isnan(result.detectable)
    assert result.needed is None


def test_a_family_is_adjusted_as_one() -> None:
    family = [comparison(OLD, OLD + shift * np.arange(6)) for shift in (-1.0, 0.1, 0.5)] + [comparison()]
    expected = false_discovery_control([each.interval.p for each in family])
    adjusted = [each.adjusted for each in adjusted_family(family, benjamini_hochberg) if each]
    assert adjusted == pytest.approx(list(expected))


def test_a_family_with_a_missing_comparison_is_not_adjusted() -> None:
    without_p = dataclasses.replace(comparison(), interval=comparison(OLD[:1], NEW[:1]).interval)
    assert all(
        each is None or math.isnan(each.adjusted) for each in adjusted_family([comparison(), None], never_called)
    )
    assert all(each and math.isnan(each.adjusted) for each in adjusted_family([comparison(), without_p], never_called))
    assert adjusted_family([], never_called) == ()


def never_called(p: object) -> list[float]:
    raise AssertionError("an incomplete family must not be adjusted")


PLAN = plan_of([Rung("r", (), ())], replicates=6)
SCORES = np.random.default_rng(0).normal(0.3, 1.0, (6, 50))
ARM = Arm(SCORES.mean(axis=1), examples=SCORES)


def test_the_rule_is_that_of_the_protocol() -> None:
    assert IntervalRule.of(PLAN) == IntervalRule(None)
    redrawn = dataclasses.replace(PLAN, protocol="resampled")
    assert IntervalRule.of(redrawn) == IntervalRule(800 / 300)
    assert [images(PLAN, split) for split in ("train", "val", "test")] == [300, 60, 800]


def test_scores_without_examples_have_the_t_interval() -> None:
    expected = ttest_1samp(ARM.values, 0).confidence_interval(0.9)
    interval = IntervalRule(None).interval(Arm(ARM.values), 0.9)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_with_examples_the_interval_is_the_wider_of_both() -> None:
    interval, alone = IntervalRule(None).interval(ARM), IntervalRule(None).interval(Arm(ARM.values))
    both = ARM.components().interval()
    assert interval.high - interval.low == pytest.approx(max(both.high - both.low, alone.high - alone.low))


def test_redrawn_test_sets_have_the_corrected_interval_and_spread() -> None:
    rule = IntervalRule(0.25)
    assert rule.interval(ARM) == resampled_t(ARM.values, 0.25)
    assert rule.spread(ARM) == pytest.approx(np.std(ARM.values, ddof=1) * math.sqrt(1 + 6 * 0.25))


@pytest.mark.parametrize(("values", "margin"), [(ARM.values, math.nan), (ARM.values[:1], 1.0)])
def test_without_a_margin_or_spread_the_number_of_replicates_is_unknown(values: np.ndarray, margin: float) -> None:
    assert IntervalRule(None).replicates_needed(Arm(values), margin, 0.05) is None
