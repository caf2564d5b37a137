"""Comparisons: their tests, intervals and power are those of SciPy for the paired differences."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control, ttest_rel

from ablation.analysis.comparison.arms import Arm
from ablation.analysis.comparison.comparison import Comparison, adjusted_family, compared
from ablation.analysis.comparison.interval_rule import IntervalRule
from ablation.stats.adjust import benjamini_hochberg

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
