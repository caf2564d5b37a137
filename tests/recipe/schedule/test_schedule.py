from __future__ import annotations

import copy
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR

from ablation.recipe.schedule import ScheduleSettings
from ablation.recipe.schedule.constant import Constant
from ablation.recipe.schedule.cosine import Cosine
from ablation.recipe.schedule.onecycle import OneCycle

ALL = [Constant(), Cosine(), OneCycle()]


def optimizer(*lrs: float) -> torch.optim.Optimizer:
    return torch.optim.AdamW([{"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs])


def rates(schedule: LRScheduler, steps: int) -> list[list[float]]:
    """The learning rates of each group at each step, as a training sees them."""
    found = []
    for _ in range(steps):
        found.append([group["lr"] for group in schedule.optimizer.param_groups])
        schedule.optimizer.step()
        schedule.step()
    return found


def test_constant_keeps_each_groups_rate() -> None:
    assert rates(Constant().build(optimizer(0.1, 0.3), 2, 5), 10) == [[0.1, 0.3]] * 10


@pytest.mark.parametrize("end", [0.0, 0.1])
def test_cosine_equals_torchs_step_by_step(end: float) -> None:
    ours = rates(Cosine(end=end).build(optimizer(0.1), 4, 25), 100)
    theirs = rates(CosineAnnealingLR(optimizer(0.1), T_max=100, eta_min=end * 0.1), 100)
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs))


def test_cosine_follows_the_papers_formula_for_every_group() -> None:
    found = rates(Cosine(end=0.2).build(optimizer(0.1, 1.0), 1, 8), 8)
    for step, (small, large) in enumerate(found):
        assert large == pytest.approx(0.2 + 0.8 * (1 + math.cos(math.pi * step / 8)) / 2)
        assert small == pytest.approx(0.1 * large)


@pytest.mark.parametrize("anneal", ["cos", "linear"])
def test_onecycle_equals_torchs_step_by_step(anneal: str) -> None:
    settings = OneCycle.model_validate({"anneal": anneal, "pct_start": 0.25, "div_factor": 10, "peak": 3})
    ours, theirs = optimizer(0.1), optimizer(0.1)
    torchs = OneCycleLR(theirs, max_lr=0.3, total_steps=40, pct_start=0.25, anneal_strategy=anneal, div_factor=10)
    built = settings.build(ours, 4, 10)
    for _ in range(40):
        assert ours.param_groups[0]["lr"] == pytest.approx(theirs.param_groups[0]["lr"])
        assert ours.param_groups[0]["betas"] == pytest.approx(theirs.param_groups[0]["betas"])
        for each in (ours, theirs, built, torchs):
            each.step()


def test_onecycle_rises_from_a_25th_of_the_peak_and_ends_at_next_to_nothing() -> None:
    found = [rate for (rate,) in rates(OneCycle().build(optimizer(1e-3), 10, 10), 100)]
    assert found[0] == pytest.approx(5e-3 / 25)
    assert max(found) == found[9] == pytest.approx(5e-3)
    assert found[-1] == pytest.approx(5e-3 / 25 / 1e4)
    assert found[:10] == sorted(found[:10])
    assert found[9:] == sorted(found[9:], reverse=True)


def test_onecycles_peak_moves_with_every_groups_rate() -> None:
    found = rates(OneCycle(peak=2).build(optimizer(1e-3, 1e-2), 1, 100), 100)
    assert max(small for small, _ in found) == pytest.approx(2e-3)
    assert max(large for _, large in found) == pytest.approx(2e-2)


def test_onecycle_moves_momentum_against_the_rate_unless_told_not_to() -> None:
    cycled, left = optimizer(0.1), optimizer(0.1)
    OneCycle().build(cycled, 1, 100)
    OneCycle(momentum=None).build(left, 1, 100)
    assert cycled.param_groups[0]["betas"] == (0.95, 0.999)
    assert left.param_groups[0]["betas"] == (0.9, 0.999)


@pytest.mark.parametrize("settings", ALL, ids=lambda settings: settings.name)
@given(epochs=st.integers(1, 4), steps=st.integers(1, 12))
def test_trainings_of_any_length_have_finite_positive_rates(
    settings: ScheduleSettings, epochs: int, steps: int
) -> None:
    found = rates(settings.build(optimizer(0.1), epochs, steps), epochs * steps)
    assert all(0 < rate <= 0.5 + 1e-12 for (rate,) in found)


@pytest.mark.parametrize("settings", ALL, ids=lambda settings: settings.name)
def test_a_restored_schedule_goes_on_where_it_was(settings: ScheduleSettings) -> None:
    through = rates(settings.build(optimizer(0.1), 2, 10), 20)
    first = settings.build(optimizer(0.1), 2, 10)
    before = rates(first, 7)
    saved = copy.deepcopy((first.optimizer.state_dict(), first.state_dict()))
    second = settings.build(optimizer(0.1), 2, 10)
    second.optimizer.load_state_dict(saved[0])
    second.load_state_dict(saved[1])
    second.optimizer.step()  # torch warns of a schedule stepped before its optimizer
    assert before + rates(second, 13) == through
