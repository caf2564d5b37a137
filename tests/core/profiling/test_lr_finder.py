"""The learning-rate range test on the training core."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bench import Bench

from ablation.core.profiling.lr_finder import lr_curve, optimizer_patch
from ablation.core.profiling.lr_range import suggestion
from ablation.core.task import Task


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
