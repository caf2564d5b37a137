from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torchvision.ops import sigmoid_focal_loss

from ablation.errors import UserError
from ablation.recipe.loss.focal import Focal, FocalLoss

LOGITS = torch.randn(16, 5, generator=torch.Generator().manual_seed(0)) * 3
LABELS = torch.arange(16) % 5
SOFT = torch.softmax(torch.randn(16, 5, generator=torch.Generator().manual_seed(1)), dim=1)
WEIGHTS = torch.tensor([0.5, 1.0, 2.0, 0.8, 1.2])
ONES = torch.ones(5)


class Document000(nn.Module):
    """The document's snippet, word for word."""

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0, weight: Tensor | None = None) -> None:
        super().__init__()
        self.alpha = alpha
        self.gamma = gamma
        self.ce_loss = nn.CrossEntropyLoss(weight=weight, reduction="none")

    def forward(self, inputs: Tensor, targets: Tensor) -> Tensor:
        ce_loss = self.ce_loss(inputs, targets)
        pt = torch.exp(-ce_loss)
        focal_loss = self.alpha * (1 - pt) ** self.gamma * ce_loss
        return focal_loss.mean()


@pytest.mark.parametrize("target", [LABELS, SOFT], ids=["hard", "soft"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_gamma_0_is_torchs_weighted_smoothed_cross_entropy(target: Tensor, smoothing: float) -> None:
    ours = Focal(gamma=0, label_smoothing=smoothing).build(WEIGHTS)(LOGITS, target)
    theirs = F.cross_entropy(LOGITS, target, weight=WEIGHTS, label_smoothing=smoothing, reduction="none")
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_two_classes_equal_torchvisions_sigmoid_focal_loss_of_the_logit_difference(gamma: float) -> None:
    logits, labels = LOGITS[:, :2], LABELS % 2
    ours = Focal(gamma=gamma, alpha=(0.75, 0.25)).build(torch.ones(2))(logits, labels)
    theirs = sigmoid_focal_loss(logits[:, 1] - logits[:, 0], labels.float(), alpha=0.25, gamma=gamma)
    torch.testing.assert_close(ours, theirs)


def test_without_class_weights_it_is_document_000s_snippet() -> None:
    ours = Focal(gamma=2.0, alpha=0.25).build(ONES)(LOGITS, LABELS).mean()
    torch.testing.assert_close(ours, Document000()(LOGITS, LABELS))


def test_a_class_weight_does_not_bend_the_probability_as_it_does_in_the_snippet() -> None:
    even, third = torch.zeros(1, 2), torch.tensor([3.0, 1.0])
    ours = Focal(gamma=2.0, alpha=0.25).build(third)(even, torch.tensor([0])).item()
    snippet = Document000(weight=third)(even, torch.tensor([0])).item()
    assert ours == pytest.approx(0.25 * 3 * 0.5**2 * 0.693147, rel=1e-5)
    assert snippet == pytest.approx(0.25 * (1 - 0.125) ** 2 * 3 * 0.693147, rel=1e-5)


def test_a_soft_target_is_the_mixture_of_the_hard_losses() -> None:
    loss = Focal(gamma=1.5, alpha=(0.1, 0.2, 0.3, 0.4, 0.5), label_smoothing=0.1).build(WEIGHTS)
    hard = torch.stack([loss(LOGITS, torch.full((16,), label)) for label in range(5)], dim=1)
    torch.testing.assert_close(loss(LOGITS, SOFT), (SOFT * hard).sum(dim=1))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_the_gradient_is_that_of_finite_differences(gamma: float) -> None:
    loss = FocalLoss(gamma, torch.tensor(0.25), WEIGHTS.double(), label_smoothing=0.1)
    logits = LOGITS[:4].double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, SOFT[:4].double()), (logits,))


@given(
    gamma=st.floats(0, 8),
    logits=st.lists(st.floats(-1e4, 1e4, width=32), min_size=3, max_size=3),
    label=st.integers(0, 2),
    smoothing=st.sampled_from([0.0, 0.1]),
)
def test_loss_and_gradient_are_finite_for_extreme_logits(
    gamma: float, logits: list[float], label: int, smoothing: float
) -> None:
    x = torch.tensor([logits], requires_grad=True)
    loss = Focal(gamma=gamma, label_smoothing=smoothing).build(torch.ones(3))(x, torch.tensor([label]))
    loss.sum().backward()
    assert x.grad is not None
    assert torch.isfinite(loss).all()
    assert torch.isfinite(x.grad).all()
    assert loss.item() >= 0


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
def test_a_certain_prediction_has_a_finite_gradient(gamma: float) -> None:
    for certain in (0.0, 20.0, 90.0, 1e4):
        x = torch.tensor([[certain, -certain]], requires_grad=True)
        Focal(gamma=gamma).build(torch.ones(2))(x, torch.tensor([0])).sum().backward()
        assert x.grad is not None
        assert torch.isfinite(x.grad).all()


def test_more_gamma_charges_every_example_less() -> None:
    losses = [Focal(gamma=gamma).build(ONES)(LOGITS, LABELS) for gamma in (0.0, 1.0, 2.0, 4.0)]
    assert all((more <= less).all() for less, more in itertools.pairwise(losses))


def test_half_precision_logits_give_a_float32_loss() -> None:
    assert Focal().build(ONES)(LOGITS.half(), LABELS).dtype == torch.float32


def test_one_alpha_a_class_must_match_the_classes() -> None:
    with pytest.raises(UserError, match="2 numbers for 5 classes"):
        Focal(alpha=(0.5, 0.5)).build(ONES)
