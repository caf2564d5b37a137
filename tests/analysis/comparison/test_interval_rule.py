"""The interval rule follows the protocol: fixed test sets, redrawn ones, and scores without examples."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from ladders import plan_of
from scipy.stats import ttest_1samp

from ablation.analysis.comparison.arms import Arm
from ablation.analysis.comparison.interval_rule import IntervalRule, images
from ablation.experiment.planning.plan import Rung
from ablation.stats.paired import resampled_t

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
