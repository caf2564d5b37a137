from __future__ import annotations

import math

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from ablation.recipe.optimizer.adamw import AdamW

CPU = torch.device("cpu")


def test_the_first_steps_are_those_of_the_paper() -> None:
    lr, decay, beta1, beta2, eps = 0.1, 0.3, 0.8, 0.95, 1e-6
    weight = nn.Parameter(torch.tensor([2.0], dtype=torch.float64))
    optimizer = AdamW(lr=lr, weight_decay=decay, betas=(beta1, beta2), eps=eps).build([{"params": [weight]}], CPU)
    expected, m, v = 2.0, 0.0, 0.0
    for step in range(1, 5):
        weight.grad = weight.detach() ** 2
        gradient = expected**2
        m, v = beta1 * m + (1 - beta1) * gradient, beta2 * v + (1 - beta2) * gradient**2
        size = math.sqrt(v / (1 - beta2**step)) + eps
        expected -= lr * decay * expected + lr * (m / (1 - beta1**step)) / size
        optimizer.step()
        assert weight.item() == pytest.approx(expected, rel=1e-9)


def test_it_is_fused_with_the_settings_given() -> None:
    (group,) = AdamW(lr=0.01).for_model(nn.Linear(2, 2), CPU).param_groups
    assert group["fused"] is True
    assert (group["lr"], group["weight_decay"], group["betas"], group["eps"]) == (0.01, 0.01, (0.9, 0.999), 1e-8)


@pytest.mark.parametrize("lr", [0, -1e-3, float("inf"), float("nan")])
def test_a_learning_rate_must_be_positive_and_finite(lr: float) -> None:
    with pytest.raises(ValidationError, match="lr"):
        AdamW(lr=lr)
