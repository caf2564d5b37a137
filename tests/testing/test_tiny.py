"""The smallest trainings: their states are compared bit for bit."""

from __future__ import annotations

import torch

from ablation.testing import tiny


def test_states_are_the_same_only_bit_for_bit() -> None:
    nan, zero = torch.tensor(float("nan")), torch.zeros(())
    assert tiny.same({"a": [nan, 1.5]}, {"a": [nan.clone(), 1.5]})
    assert not tiny.same(zero, -zero)
    assert not tiny.same(zero, zero.double())
    assert not tiny.same({"a": zero}, {"b": zero})
    assert not tiny.same([1.0], [1.0, 2.0])
    assert not tiny.same(0.1 + 0.2, 0.3)
