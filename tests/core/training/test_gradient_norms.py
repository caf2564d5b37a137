"""Gradient norms against a naive loop, with frozen and shared layers, scaled gradients and overflow."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from ablation.core.training.gradient_norms import SAMPLED, GradientNorms


def small_model() -> list[tuple[str, nn.Module]]:
    torch.manual_seed(0)
    return [
        ("backbone.stem", nn.Sequential(nn.Linear(5, 7), nn.ReLU())),
        ("backbone.block", nn.Linear(7, 4)),
        ("head", nn.Linear(4, 3)),
    ]


def backward(groups, seed: int, scale: float = 1.0) -> None:
    torch.manual_seed(seed)
    model = nn.Sequential(*(module for _, module in groups))
    model.zero_grad()
    (nn.functional.cross_entropy(model(torch.randn(6, 5)), torch.randint(3, (6,))) * scale).backward()


def naive(module: nn.Module) -> float:
    return math.sqrt(sum(float(v) ** 2 for p in module.parameters() if p.grad is not None for v in p.grad.flatten()))


@pytest.mark.parametrize("steps", [1, 3, SAMPLED, 20, 1000])
def test_means_equal_those_of_a_naive_loop_over_evenly_spread_steps(steps):
    groups = small_model()
    norms = GradientNorms(groups, steps)
    expected = {"grad_norm": [], **{f"grad_norm/{name}": [] for name, _ in groups}}
    chosen = [round(each * (steps - 1) / (min(SAMPLED, steps) - 1)) for each in range(SAMPLED)] if steps > 1 else [0]
    for step in range(steps):
        if step in chosen or step % 7 == 0:  # others must make no difference
            backward(groups, step)
            norms.add(step)
        if step in chosen:
            expected["grad_norm"].append(naive(nn.ModuleList(module for _, module in groups)))
            for name, module in groups:
                expected[f"grad_norm/{name}"].append(naive(module))
    found = norms.means()
    assert list(found) == list(expected)
    assert found == pytest.approx({key: sum(each) / len(each) for key, each in expected.items()}, rel=1e-5)
    assert len(expected["grad_norm"]) == min(SAMPLED, steps)


def test_frozen_parameters_and_groups_count_nowhere():
    groups = small_model()
    groups[0][1].requires_grad_(False)
    groups[1][1].weight.requires_grad_(False)
    norms = GradientNorms(groups, 1)
    backward(groups, 0)
    norms.add(0)
    found = norms.means()
    assert list(found) == ["grad_norm", "grad_norm/backbone.block", "grad_norm/head"]
    assert found["grad_norm/backbone.block"] == pytest.approx(float(groups[1][1].bias.grad.norm()))


def test_nothing_measured_gives_nothing():
    norms = GradientNorms(small_model(), 4)
    norms.add(0)
    assert norms.means() == {}


def test_a_parameter_of_two_groups_counts_once():
    layer = nn.Linear(5, 5)
    norms = GradientNorms([("first", layer), ("again", nn.Sequential(layer, nn.Linear(5, 3)))], 1)
    layer(torch.randn(4, 5)).sum().backward()
    norms.add(0)
    assert norms.means() == pytest.approx({"grad_norm": naive(layer), "grad_norm/first": naive(layer)})


def test_the_scale_of_a_gradient_scaler_is_undone():
    groups = small_model()
    plain, scaled = GradientNorms(groups, 1), GradientNorms(groups, 1, overflow_skips=True)
    backward(groups, 3)
    plain.add(0)
    backward(groups, 3, scale=1024.0)
    scaled.add(0, torch.tensor(1024.0))
    assert scaled.means() == pytest.approx(plain.means(), rel=1e-5)


@pytest.mark.parametrize("overflow_skips", [True, False])
def test_a_step_that_overflowed_is_left_out_only_where_the_scaler_skips_it(overflow_skips):
    groups = small_model()
    norms, alone = GradientNorms(groups, 2, overflow_skips=overflow_skips), GradientNorms(groups, 1)
    backward(groups, 0)
    groups[2][1].weight.grad[0, 0] = math.inf
    norms.add(0)
    backward(groups, 1)
    norms.add(1)
    alone.add(0)
    expected = alone.means()["grad_norm"] if overflow_skips else math.inf
    assert norms.means()["grad_norm"] == pytest.approx(expected)


def test_where_every_step_was_skipped_the_mean_is_no_number():
    groups = small_model()
    norms = GradientNorms(groups, 1, overflow_skips=True)
    backward(groups, 0)
    groups[2][1].weight.grad[0, 0] = math.nan
    norms.add(0)
    assert math.isnan(norms.means()["grad_norm"])


def test_measuring_leaves_gradients_and_the_generator_alone():
    groups = small_model()
    backward(groups, 0)
    before = [parameter.grad.clone() for _, module in groups for parameter in module.parameters()]
    state = torch.get_rng_state()
    norms = GradientNorms(groups, 1)
    norms.add(0)
    norms.means()
    after = [parameter.grad for _, module in groups for parameter in module.parameters()]
    assert all(map(torch.equal, before, after))
    assert torch.equal(state, torch.get_rng_state())
