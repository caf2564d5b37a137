from __future__ import annotations

import math

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from ablation.recipe.component import choices
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.optimizer.sgd import SGD

CPU = torch.device("cpu")


def weights_after(optimizer: torch.optim.Optimizer) -> torch.Tensor:
    weight: nn.Parameter = optimizer.param_groups[0]["params"][0]
    for _ in range(5):
        weight.grad = weight.detach() ** 2 + 0.1
        optimizer.step()
    return weight.detach()


def start() -> list[nn.Parameter]:
    return [nn.Parameter(torch.linspace(-1, 1, 9, dtype=torch.float64))]


@pytest.mark.parametrize(("momentum", "nesterov"), [(0.9, True), (0.5, False), (0.0, False)])
def test_the_steps_are_torchs(momentum: float, nesterov: bool) -> None:
    settings = SGD(lr=0.05, momentum=momentum, nesterov=nesterov, weight_decay=0.02)
    ours = settings.build([{"params": start()}], CPU)
    theirs = torch.optim.SGD(start(), lr=0.05, momentum=momentum, nesterov=nesterov, weight_decay=0.02)
    torch.testing.assert_close(weights_after(ours), weights_after(theirs))


def test_nesterovs_steps_are_those_written_by_hand() -> None:
    optimizer = SGD(lr=0.1, momentum=0.9, weight_decay=0.2).build([{"params": start()}], CPU)
    (weight,) = start()
    expected, velocity = weight.detach().clone(), torch.zeros(9, dtype=torch.float64)
    for _ in range(5):
        gradient = expected**2 + 0.1 + 0.2 * expected
        velocity = 0.9 * velocity + gradient
        expected = expected - 0.1 * (gradient + 0.9 * velocity)
    torch.testing.assert_close(weights_after(optimizer), expected)


@pytest.mark.parametrize("known", [*choices(OptimizerSettings).values()], ids=lambda known: known.__name__)
def test_fused_steps_are_close_to_those_in_a_loop(known: type[OptimizerSettings]) -> None:
    settings = known.model_validate({"lr": 0.01, "weight_decay": 0.1})
    fused, loop = (settings.build([{"params": start()}], CPU) for _ in range(2))
    if not fused.param_groups[0].get("fused"):
        pytest.skip(f"{known.__name__} has no fused steps")
    loop.param_groups[0]["fused"] = False
    torch.testing.assert_close(weights_after(fused), weights_after(loop))


def test_nesterov_without_momentum_is_refused() -> None:
    with pytest.raises(ValidationError, match="nesterov needs a momentum above 0"):
        SGD(momentum=0)


def test_a_first_step_that_a_gradient_scaler_skips_leaves_no_garbage() -> None:
    weight = nn.Parameter(torch.ones(1000))
    optimizer = SGD().build([weight], torch.device("cpu"))
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16)
    scaler.scale((weight * math.inf).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    assert torch.equal(weight.detach(), torch.ones(1000))
    assert not optimizer.state[weight]["momentum_buffer"].any()
