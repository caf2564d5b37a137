from __future__ import annotations

import pytest
import torch
from torch import nn

from ablation.bench.precision import Cast


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_forward_pass_is_that_of_torchs_autocast_as_float32(precision: str) -> None:
    model, images = nn.Linear(5, 3), torch.randn(4, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        expected = model(images)
    logits = Cast(model, precision, torch.device("cpu"))(images)
    assert logits.dtype == torch.float32
    assert torch.equal(logits, expected.float())
