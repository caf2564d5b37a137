from __future__ import annotations

import io
import math
from typing import Any, Literal

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    SequentialLR,
    StepLR,
)

from ablation.errors import UserError
from ablation.recipe.component import choices
from ablation.recipe.schedule import ScheduleSettings
from ablation.recipe.schedule.constant import Constant
from ablation.recipe.schedule.cosine import Cosine
from ablation.recipe.schedule.cosine_restarts import CosineRestarts
from ablation.recipe.schedule.onecycle import OneCycle
from ablation.recipe.schedule.step import Step

STEPPED = [known() for known in choices(ScheduleSettings).values() if known().watches is None]
"""Those that are stepped after each optimizer step."""

SHORT: dict[str, dict[str, int]] = {"step": {"every": 1}, "cosine_restarts": {"first": 1}}
STEEP = [Cosine(warmup=0.5, end=0.1), *(each.model_copy(update=SHORT.get(each.name, {})) for each in STEPPED)]
"""All of them, with every curve bending within two epochs."""


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


def as_a_checkpoint(state: Any) -> Any:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


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


def torchvisions(lr: float, rise: int, steps: int, start: float, end: float) -> LRScheduler:
    """The schedule of torchvision's references, on steps where they have epochs."""
    base = optimizer(lr)
    linear = LinearLR(base, start_factor=start, total_iters=rise)
    cosine = CosineAnnealingLR(base, T_max=steps - rise, eta_min=end * lr)
    return SequentialLR(base, schedulers=[linear, cosine], milestones=[rise])


@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step:UserWarning")
@pytest.mark.parametrize(
    ("epochs", "per_epoch", "warmup", "start", "end"),
    [(600, 1, 5.0, 0.01, 0.0), (50, 7, 5.0, 0.1, 0.01), (4, 25, 0.5, 0.5, 0.1), (2, 10, 1.9, 0.01, 0.0)],
)
def test_warm_up_then_cosine_equal_torchvisions_reference(
    epochs: int, per_epoch: int, warmup: float, start: float, end: float
) -> None:
    steps, rise = epochs * per_epoch, round(warmup * per_epoch)
    ours = rates(Cosine(warmup=warmup, warmup_start=start, end=end).build(optimizer(0.5), epochs, per_epoch), steps)
    theirs = rates(torchvisions(0.5, rise, steps, start, end), steps)
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs))


def test_document_003s_rates_fall_from_1e_4_to_1e_6_over_50_epochs() -> None:
    ours = rates(Cosine(end=0.01).build(optimizer(1e-4), 50, 4), 201)
    theirs = rates(CosineAnnealingLR(optimizer(1e-4), T_max=50, eta_min=1e-6), 51)
    assert [rate for (rate,) in ours[::4]] == pytest.approx([rate for (rate,) in theirs])
    assert ours[-1] == pytest.approx([1e-6])


def test_without_a_warm_up_the_rates_are_to_the_bit_what_they_were() -> None:
    ours = rates(Cosine(end=0.2).build(optimizer(1.0), 7, 13), 91)
    assert ours == [[0.2 + (1 - 0.2) * (1 + math.cos(math.pi * step / 91)) / 2] for step in range(91)]


def test_the_warm_up_moves_with_every_groups_rate() -> None:
    first, *_ = rates(Cosine(warmup=1).build(optimizer(1.0, 0.1), 2, 10), 20)
    assert first == pytest.approx([0.01, 0.001])


@pytest.mark.parametrize("warmup", [2.0, 1.99, 30.0])
def test_a_warm_up_that_leaves_nothing_for_the_cosine_is_refused(warmup: float) -> None:
    with pytest.raises(UserError, match=f"a warm-up of {warmup:g} epochs leaves nothing of 2") as refusal:
        Cosine(warmup=warmup).build(optimizer(0.1), epochs=2, steps_per_epoch=10)
    assert refusal.value.place == "schedule.warmup"


def test_a_start_without_a_warm_up_is_refused() -> None:
    with pytest.raises(ValidationError, match="warmup_start has no effect without warmup"):
        Cosine(warmup_start=0.1)


@given(
    first=st.integers(1, 4),
    factor=st.integers(1, 3),
    end=st.sampled_from([0.0, 0.01, 0.5]),
    epochs=st.integers(1, 12),
    per_epoch=st.integers(1, 6),
)
def test_cosine_restarts_equal_torchs_step_by_step(
    first: int, factor: int, end: float, epochs: int, per_epoch: int
) -> None:
    settings, steps = CosineRestarts(first=first, factor=factor, end=end), epochs * per_epoch
    ours = rates(settings.build(optimizer(0.1), epochs, per_epoch), steps)
    torchs = CosineAnnealingWarmRestarts(optimizer(0.1), T_0=first * per_epoch, T_mult=factor, eta_min=end * 0.1)
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(rates(torchs, steps)))


def test_cosine_restarts_by_default_come_after_10_and_30_epochs() -> None:
    found = [rate for (rate,) in rates(CosineRestarts().build(optimizer(1.0), 70, 5), 350)]
    assert [step / 5 for step, rate in enumerate(found) if rate == 1.0] == [0, 10, 30]
    assert found[49] == min(found[:50])
    assert found[349] == min(found[150:])


def test_the_end_of_a_cycle_is_a_fraction_of_every_groups_own_rate() -> None:
    found = rates(CosineRestarts(first=1, factor=1, end=0.1).build(optimizer(1.0, 1e-6), 1, 1000), 1000)
    assert found[-1] == pytest.approx([1e-1, 1e-7], rel=1e-3)


@pytest.mark.parametrize("wrong", [{"first": 0}, {"factor": 0}, {"factor": 1.5}, {"end": 1}])
def test_cycles_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CosineRestarts.model_validate(wrong)


@pytest.mark.parametrize("anneal", ["cos", "linear"])
def test_onecycle_equals_torchs_step_by_step(anneal: Literal["cos", "linear"]) -> None:
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


def test_onecycle_moves_momentum_against_the_rate_unless_turned_off() -> None:
    cycled, left = optimizer(0.1), optimizer(0.1)
    heavy = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9, nesterov=True)
    OneCycle().build(cycled, 1, 100)
    OneCycle().build(heavy, 1, 100)
    OneCycle(momentum=None).build(left, 1, 100)
    assert heavy.param_groups[0]["momentum"] == 0.95
    assert cycled.param_groups[0]["betas"] == (0.95, 0.999)
    assert left.param_groups[0]["betas"] == (0.9, 0.999)


@pytest.mark.parametrize("settings", STEPPED, ids=lambda settings: settings.name)
@given(epochs=st.integers(1, 4), steps=st.integers(1, 12))
def test_trainings_of_any_length_have_finite_positive_rates(
    settings: ScheduleSettings, epochs: int, steps: int
) -> None:
    found = rates(settings.build(optimizer(0.1), epochs, steps), epochs * steps)
    assert all(0 < rate <= 0.5 + 1e-12 for (rate,) in found)


def test_step_equals_torchs_once_an_epoch() -> None:
    found = rates(Step(every=3, factor=0.2).build(optimizer(0.1, 1.0), 10, 7), 70)
    theirs = rates(StepLR(optimizer(0.1, 1.0), step_size=3, gamma=0.2), 10)
    assert found[::7] == theirs
    assert found[6::7] == theirs
    assert found[21][0] == pytest.approx(0.02)


@pytest.mark.parametrize("settings", STEEP, ids=lambda settings: settings.name)
def test_every_group_keeps_its_proportion(settings: ScheduleSettings) -> None:
    found = rates(settings.build(optimizer(0.3, 0.003), 2, 10), 20)
    assert [small for _, small in found] == pytest.approx([large / 100 for large, _ in found])


@pytest.mark.parametrize("lrs", [(0.1,), (0.1, 5e-6)], ids=["one group", "two groups"])
@pytest.mark.parametrize("settings", STEEP, ids=lambda settings: settings.name)
def test_a_restored_schedule_goes_on_where_it_was(settings: ScheduleSettings, lrs: tuple[float, ...]) -> None:
    through = rates(settings.build(optimizer(*lrs), 2, 10), 20)
    first = settings.build(optimizer(*lrs), 2, 10)
    before = rates(first, 7)
    saved = as_a_checkpoint((first.optimizer.state_dict(), first.state_dict()))
    second = settings.build(optimizer(*lrs), 2, 10)
    second.optimizer.load_state_dict(saved[0])
    second.load_state_dict(saved[1])
    second.optimizer.step()  # torch warns of a schedule stepped before its optimizer
    assert before + rates(second, 13) == through
