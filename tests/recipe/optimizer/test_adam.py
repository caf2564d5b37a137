from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from ablation.recipe.optimizer.adam import Adam

CPU = torch.device("cpu")


def test_the_first_steps_are_those_of_the_paper_with_decay_in_the_gradient() -> None:
    lr, decay, beta1, beta2, eps = 0.1, 0.3, 0.8, 0.95, 1e-6
    weight = nn.Parameter(torch.tensor([2.0], dtype=torch.float64))
    settings = Adam(lr=lr, weight_decay=decay, betas=(beta1, beta2), eps=eps)
    optimizer = settings.build([{"params": [weight]}], CPU)
    expected, m, v = 2.0, 0.0, 0.0
    for step in range(1, 5):
        weight.grad = weight.detach() ** 2
        gradient = expected**2 + decay * expected
        m, v = beta1 * m + (1 - beta1) * gradient, beta2 * v + (1 - beta2) * gradient**2
        expected -= lr * (m / (1 - beta1**step)) / (math.sqrt(v / (1 - beta2**step)) + eps)
        optimizer.step()
        assert weight.item() == pytest.approx(expected, rel=1e-9)


def test_its_defaults_are_torchs() -> None:
    weight = nn.Parameter(torch.ones(1))
    (ours,) = Adam().build([{"params": [weight]}], CPU).param_groups
    (theirs,) = torch.optim.Adam([weight], fused=True).param_groups
    assert ours == theirs
