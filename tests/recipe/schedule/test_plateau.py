from __future__ import annotations

import io
import typing
from typing import Any

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ablation.recipe.monitor import Watched, WatchedName, watched_value
from ablation.recipe.schedule.plateau import Plateau

VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def optimizer(*lrs: float) -> torch.optim.Optimizer:
    return torch.optim.SGD([{"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs])


def rates(schedule: Any, values: list[float]) -> list[list[float]]:
    """The learning rates of each group after each epoch."""
    found = []
    for value in values:
        schedule.step(value)
        found.append([group["lr"] for group in schedule.optimizer.param_groups])
    return found


def by_hand(values: list[float], sign: int, settings: Plateau, lr: float) -> list[float]:
    """Falls counted as the card tells it; ``sign`` is -1 where smaller is better."""
    found, best, waited, rate = [], -np.inf, 0, lr
    for value in values:
        if sign * value > best + settings.threshold:
            best, waited = sign * value, 0
        else:
            waited += 1
        if waited > settings.patience:
            rate, waited = max(rate * settings.factor, settings.least * lr), 0
        found.append(rate)
    return found


@pytest.mark.parametrize(("metric", "sign"), [("loss", -1), ("brier", -1), ("accuracy", 1), ("macro_f1", 1)])
@hypothesis.settings(deadline=None)  # the first optimizer of a process takes seconds of imports
@given(values=VALUES, patience=st.integers(0, 3), threshold=st.sampled_from([0.0, 0.125]))
def test_the_rate_falls_when_counted_by_hand(
    metric: Watched, sign: int, values: list[float], patience: int, threshold: float
) -> None:
    settings = Plateau(metric=metric, patience=patience, threshold=threshold, factor=0.5, least=0.1)
    found = rates(settings.build(optimizer(0.1), 30, 5), values)
    assert [rate for (rate,) in found] == pytest.approx(by_hand(values, sign, settings, 0.1))


@pytest.mark.parametrize("metric", typing.get_args(WatchedName))
def test_what_improves_keeps_the_rate_and_what_worsens_does_not(metric: Watched) -> None:
    rising = [0.1, 0.2, 0.3, 0.4, 0.5]
    better = rising if watched_value({f"val/{metric}": 1.0}, metric) > 0 else rising[::-1]
    settings = Plateau(metric=metric, patience=1)
    assert rates(settings.build(optimizer(1.0), 5, 1), better)[-1] == [1.0]
    assert rates(settings.build(optimizer(1.0), 5, 1), better[::-1])[-1] == pytest.approx([0.01])
    assert settings.watches == metric


def test_every_group_keeps_its_proportion_however_small_its_rate() -> None:
    settings = Plateau(patience=0, least=0.01)
    found = rates(settings.build(optimizer(1.0, 1e-8), 9, 1), [0.5] * 9)
    assert [small / large for large, small in found] == pytest.approx([1e-8] * 9)
    assert found[-1] == pytest.approx([0.01, 1e-10])


def test_a_metric_that_is_no_number_is_no_gain() -> None:
    found = rates(Plateau(patience=1).build(optimizer(1.0), 4, 1), [0.5, float("nan"), float("nan"), 0.4])
    assert [rate for (rate,) in found] == pytest.approx([1.0, 1.0, 0.1, 0.1])


@pytest.mark.parametrize("lrs", [(0.1,), (0.1, 5e-6)], ids=["one group", "two groups"])
@hypothesis.settings(deadline=None)
@given(values=VALUES, stop=st.integers(0, 30))
def test_a_restored_schedule_goes_on_where_it_was(lrs: tuple[float, ...], values: list[float], stop: int) -> None:
    settings = Plateau(patience=1, factor=0.7, least=0.2)
    through = rates(settings.build(optimizer(*lrs), 30, 5), values)
    first, second = (settings.build(optimizer(*lrs), 30, 5) for _ in range(2))
    before = rates(first, values[:stop])
    file = io.BytesIO()
    torch.save([first.optimizer.state_dict(), first.state_dict()], file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    second.optimizer.load_state_dict(saved[0])
    second.load_state_dict(saved[1])
    assert before + rates(second, values[stop:]) == through
