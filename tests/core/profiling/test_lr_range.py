"""The range test on curves whose answer is known (a quadratic, smooth falls, noise, runaways), and on the core."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from bench import Bench
from hypothesis import given, settings
from hypothesis import strategies as st

from ablation.core.profiling.lr_range import (
    FEWEST_RATES,
    RUNAWAY,
    SMOOTH,
    Curve,
    lr_curve,
    optimizer_patch,
    range_test,
    smoothed_losses,
    suggestion,
)
from ablation.core.task import Task
from ablation.errors import UserError


def quadratic(curvature: float, flattest: float, size: int = 20):
    """Gradient descent on sum(h * w^2) / 2 with curvatures from the flattest to the given one."""
    curvatures, weights = np.geomspace(flattest, curvature, size), np.ones(size)

    def step(lr: float) -> float:
        loss = float((curvatures * weights**2).sum() / 2)
        weights[:] -= lr * curvatures * weights
        return loss

    return step


@pytest.mark.parametrize("curvature", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("spread", [3.0, 10.0, 30.0])
def test_on_a_quadratic_the_suggestion_lies_below_the_largest_stable_rate_and_not_far(curvature, spread):
    curve = range_test(quadratic(curvature, curvature / spread), 1e-5 / curvature, 100 / curvature, 100)
    found = suggestion(curve)
    stable = 2 / curvature
    assert curve.ran_away
    assert curve.rates[-1] > stable
    assert found.lr is not None
    assert stable / 30 < found.lr < stable


def test_rates_rise_by_one_factor_between_their_bounds():
    curve = range_test(lambda lr: 1.0, 1e-6, 10.0, 57)
    assert curve.rates == pytest.approx([1e-6 * 10 ** (7 * number / 56) for number in range(57)])
    assert not curve.ran_away


def test_the_test_stops_once_the_loss_has_run_away():
    timed: list[float] = []

    def step(lr: float) -> float:
        timed.append(lr)
        return 1.0 if lr < 0.1 else 100.0

    curve = range_test(step, 1e-4, 1e2, 100)
    assert curve.ran_away
    assert timed == list(curve.rates)
    high = [rate for rate in timed if rate >= 0.1]
    needed = next(n for n in range(1, 99) if 1 + 99 * (1 - SMOOTH**n) > RUNAWAY)
    assert len(high) == needed


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_test_and_stays_out_of_the_curve(bad):
    losses = iter([3.0, 2.0, bad, 1.0])
    curve = range_test(lambda lr: next(losses), 1e-3, 1.0, 10)
    assert curve.losses == (3.0, 2.0)
    assert curve.ran_away
    assert suggestion(curve).lr is None
    assert "lower" in suggestion(curve).note


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60))
@settings(max_examples=50, deadline=None)
def test_smoothing_is_a_mean_weighted_by_distance(losses):
    values = np.array(losses)
    naive = []
    for here in range(len(values)):
        weights = [SMOOTH ** abs(there - here) for there in range(len(values))]
        naive.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
    assert smoothed_losses(values) == pytest.approx(np.array(naive), abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_noise_alone_suggests_nothing(seed):
    generator = np.random.default_rng(seed)
    noise = generator.normal(0, generator.uniform(0.01, 0.6), 100)
    found = suggestion(Curve(tuple(np.geomspace(1e-6, 1, 100)), tuple(2.3 + noise), ran_away=False))
    assert found.lr is None
    assert "does not fall" in found.note


def test_a_rising_loss_suggests_nothing():
    rates = np.geomspace(1e-6, 1, 50)
    assert suggestion(Curve(tuple(rates), tuple(1 + rates), ran_away=False)).lr is None


def test_a_loss_that_still_falls_at_the_highest_rate_asks_for_a_higher_one():
    rates = np.geomspace(1e-6, 1e-2, 80)
    found = suggestion(Curve(tuple(rates), tuple(2 - np.log10(rates / 1e-6) / 4), ran_away=False))
    assert found.lr is not None
    assert "raise it" in found.note


@pytest.mark.parametrize("seed", range(10))
def test_the_steepest_fall_of_a_noisy_curve_is_found_within_a_factor_of_three(seed):
    rates = np.geomspace(1e-6, 1, 120)
    fall = 2.3 - 2 / (1 + (1e-3 / rates) ** 1.5) + np.clip(np.log10(rates / 0.1), 0, None) * 4
    noise = np.random.default_rng(seed).normal(0, 0.05, len(rates))
    found = suggestion(Curve(tuple(rates), tuple(fall + noise), ran_away=True))
    assert found.steepest is not None
    assert 1e-3 / 3 < found.steepest < 3e-3


@pytest.mark.parametrize(
    ("lowest", "highest", "steps"), [(0.0, 1, 50), (1, 1, 50), (1, 0.1, 50), (1e-5, 1, FEWEST_RATES - 1)]
)
def test_bounds_out_of_order_and_too_few_steps_are_refused(lowest, highest, steps):
    with pytest.raises(UserError):
        range_test(lambda lr: 1.0, lowest, highest, steps)


def task_of(bench: Bench, **patch: Any) -> Task:
    return Task.from_json(bench.task(patch))


def test_the_rates_rise_from_the_lowest_to_the_highest(bench: Bench) -> None:
    curve = lr_curve(task_of(bench), bench.datasets, 1e-6, 1e-3, steps=20)
    np.testing.assert_allclose(curve.rates, np.geomspace(1e-6, 1e-3, 20))
    assert not curve.ran_away


def test_the_first_loss_is_that_of_the_untrained_model_and_rates_too_large_make_it_run_away(bench: Bench) -> None:
    curve = lr_curve(task_of(bench, optimizer={"name": "sgd", "lr": 0.1}), bench.datasets, 1e-7, 1e4, steps=60)
    assert curve.losses[0] == pytest.approx(np.log(10), rel=0.2)
    assert curve.ran_away
    assert curve.rates[-1] < 1e4


def test_two_tests_are_the_same(bench: Bench) -> None:
    task = task_of(bench, augment={"name": "basic"}, model={"head": {"name": "linear", "dropout": 0.5}})
    one, again = (lr_curve(task, bench.datasets, 1e-5, 1e-1, steps=12) for _ in range(2))
    assert one == again


def test_a_schedule_plays_no_part(bench: Bench) -> None:
    one = lr_curve(task_of(bench), bench.datasets, 1e-5, 1e-1, steps=12)
    other = lr_curve(
        task_of(bench, schedule={"name": "onecycle", "momentum": None}), bench.datasets, 1e-5, 1e-1, steps=12
    )
    assert one == other


def test_a_rate_is_suggested_that_trains(bench: Bench) -> None:
    found = suggestion(lr_curve(task_of(bench), bench.datasets, 1e-6, 1.0, steps=60))
    assert found.lr is None or 1e-5 < found.lr < 0.5


def test_the_suggested_settings_bring_the_schedule_to_the_rate_and_keep_the_backbones_share(bench: Bench) -> None:
    optimizer = {"name": "adamw", "lr": 1e-3, "backbone_lr": 1e-5}
    recipe = task_of(bench, optimizer=optimizer, schedule={"name": "onecycle", "peak": 5.0}).recipe
    assert optimizer_patch(0.02, recipe) == {"lr": 4e-3, "backbone_lr": 4e-5}
    assert optimizer_patch(0.0123, task_of(bench).recipe) == {"lr": 0.012}
