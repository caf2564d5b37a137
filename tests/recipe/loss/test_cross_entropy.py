from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from ablation.recipe.loss.cross_entropy import CrossEntropy

LOGITS = torch.randn(16, 5, generator=torch.Generator().manual_seed(0)) * 3
LABELS = torch.arange(16) % 5
WEIGHTS = torch.tensor([0.5, 1.0, 2.0, 0.8, 1.2])


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.5])
def test_equals_torch_with_weights_and_smoothing(smoothing: float) -> None:
    ours = CrossEntropy(label_smoothing=smoothing).build(WEIGHTS)(LOGITS, LABELS)
    theirs = F.cross_entropy(LOGITS, LABELS, weight=WEIGHTS, label_smoothing=smoothing, reduction="none")
    torch.testing.assert_close(ours, theirs)


def test_a_soft_target_is_the_mixture_of_the_hard_losses() -> None:
    loss = CrossEntropy(label_smoothing=0.1).build(WEIGHTS)
    soft = torch.softmax(torch.randn(16, 5, generator=torch.Generator().manual_seed(1)), dim=1)
    hard = torch.stack([loss(LOGITS, torch.full((16,), label)) for label in range(5)], dim=1)
    torch.testing.assert_close(loss(LOGITS, soft), (soft * hard).sum(dim=1))


def test_half_precision_logits_give_a_float32_loss() -> None:
    loss = CrossEntropy().build(WEIGHTS)(LOGITS.half(), LABELS)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, F.cross_entropy(LOGITS.half().float(), LABELS, weight=WEIGHTS, reduction="none"))
