"""Quantities of promises: which variants they compare, in which direction, with which interval."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from ladders import plan_of, results_of
from scipy.stats import ttest_1samp

from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.promises.quantities import (
    direction,
    is_of_the_model,
    measured_interval,
    promise_span,
    step_span,
    total_span,
)
from ablation.experiment.config.promise_values import Promise, WiderPromise
from ablation.experiment.planning.plan import Rung

PLAN = plan_of([Rung("a", (), ()), Rung("b", (), ()), Rung("c", (), ())], replicates=6)
LEVELS = {row: np.random.default_rng(place).normal(70 + place, 1, 6) for place, row in enumerate(PLAN.ladder_rows)}
RESULTS = results_of(PLAN, {row: tuple(levels) for row, levels in LEVELS.items()})


def measure(metric: str, kind: str, results: pd.DataFrame = RESULTS):
    promise = Promise(metric, kind, 1.0, 2.0, "")  # type: ignore[arg-type]
    return measured_interval(promise, total_span(PLAN), Evidence(PLAN, results))


def test_steps_that_follow_each_other_telescope() -> None:
    first, *_, last = PLAN.ladder_rows
    assert step_span(first, last).weights == total_span(PLAN).weights == {last: 1.0, first: -1.0}
    two = promise_span(WiderPromise(("a", "b"), ()), PLAN)
    assert two is not None
    assert (two.of, two.weights, two.end) == ("a + b", {"+ b": 1.0, "baseline": -1.0}, "+ b")


def test_a_promise_of_all_rungs_is_of_the_total_and_of_none_of_the_baseline() -> None:
    assert promise_span(WiderPromise(("a", "b", "c"), ()), PLAN) == total_span(PLAN)
    baseline = promise_span(WiderPromise((), ()), PLAN)
    assert baseline is not None
    assert (baseline.of, baseline.weights) == ("baseline", {})
    assert promise_span(WiderPromise(("unused",), ()), PLAN) is None


@pytest.mark.parametrize(("name", "sign"), [("accuracy", 1), ("log_loss", -1), ("images_per_second", 1), ("gap", -1)])
def test_the_direction_says_what_is_better(name: str, sign: int) -> None:
    assert direction(name) == sign


def test_a_gain_has_the_interval_of_the_paired_t() -> None:
    gains = LEVELS["+ c"] - LEVELS["baseline"]
    expected, interval = ttest_1samp(gains, 0).confidence_interval(), measure("accuracy", "gain")
    assert (interval.low, interval.mean, interval.high) == pytest.approx((expected.low, gains.mean(), expected.high))


def test_a_ratio_is_the_exponential_of_the_mean_logarithm() -> None:
    logs = np.log(LEVELS["+ c"] / LEVELS["baseline"])
    expected, interval = ttest_1samp(logs, 0).confidence_interval(), measure("accuracy", "ratio")
    assert (interval.low, interval.high) == pytest.approx((np.exp(expected.low), np.exp(expected.high)))


def test_a_number_of_the_model_needs_no_replicates() -> None:
    interval = measure("parameters", "ratio")
    assert (interval.low, interval.high) == pytest.approx((4.0, 4.0))
    assert is_of_the_model(interval, "parameters")
    assert not is_of_the_model(measure("train_seconds", "ratio"), "train_seconds")


def test_a_ratio_of_a_value_that_is_not_positive_is_unknown() -> None:
    results = RESULTS.assign(train_seconds=RESULTS["train_seconds"].where(RESULTS["replicate"] > 0, 0.0))
    assert measure("train_seconds", "ratio", results) is None
    assert dataclasses.is_dataclass(measure("train_seconds", "gain", results))
