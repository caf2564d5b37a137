from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from ablation.recipe.loss.targets import as_distribution, at_least_float32, smoothed


def test_class_ids_become_unit_vectors_and_distributions_stay_themselves() -> None:
    assert torch.equal(as_distribution(torch.tensor([2, 0]), 3), torch.eye(3)[[2, 0]])
    soft = torch.tensor([[0.3, 0.7]])
    assert as_distribution(soft, 2) is soft


@given(smoothing=st.floats(0, 0.99), classes=st.integers(2, 20))
def test_smoothing_keeps_the_mass_and_moves_the_share(smoothing: float, classes: int) -> None:
    row = smoothed(torch.eye(classes)[:1], smoothing)
    torch.testing.assert_close(row.sum(), torch.tensor(1.0))
    torch.testing.assert_close(row[0, 0], torch.tensor(1 - smoothing + smoothing / classes))


def test_half_precision_is_widened_and_double_precision_kept() -> None:
    widened = {dtype: at_least_float32(torch.zeros(1, dtype=dtype)).dtype for dtype in (torch.half, torch.bfloat16)}
    assert set(widened.values()) == {torch.float32}
    assert at_least_float32(torch.zeros(1, dtype=torch.float64)).dtype == torch.float64
