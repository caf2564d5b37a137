"""How components are put to use: what comes out of simple ones, computed by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ablation.recipe.model.backbones.small_cnn import SmallCNN
from ablation.recipe.optimizer.sgd import SGD
from ablation.testing import uses


class Counting:
    calls = 0

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return image + self.calls


def test_a_change_of_images_is_applied_to_each_of_them() -> None:
    assert torch.equal(uses.changed(lambda image: 255 - image), 255 - uses.TINY_IMAGES.float())
    with pytest.raises(AssertionError, match="otherwise after other images"):
        uses.changed(Counting())


def test_a_loss_is_charged_for_each_example_with_its_gradient() -> None:
    numbers = uses.charged(nn.CrossEntropyLoss(reduction="none"))
    logits = torch.linspace(-2, 2, uses.BATCH * uses.CLASSES).reshape(uses.BATCH, uses.CLASSES)
    torch.testing.assert_close(numbers[: uses.BATCH], -logits.log_softmax(1)[range(uses.BATCH), uses.LABELS])
    torch.testing.assert_close(numbers[uses.BATCH :], (logits.softmax(1) - uses.TARGETS).flatten())


def test_an_optimizers_steps_are_those_of_its_formula() -> None:
    settings = SGD(lr=0.1, momentum=0, weight_decay=0, nesterov=False)
    stepped = uses.stepped(uses.optimizer_built(settings), scale=2.0)
    torch.testing.assert_close(stepped, 1 - 0.1 * 2 * torch.linspace(-1, 1, 3) * (1 + 2 + 3 + 4))


def test_a_network_that_draws_in_evaluation_is_refused() -> None:
    class Draws(nn.Module):
        def forward(self, features: torch.Tensor) -> torch.Tensor:
            return torch.rand(len(features), uses.CLASSES)

    with pytest.raises(AssertionError, match="draws in evaluation"):
        uses.head_used(Draws())


def test_the_smallest_side_that_a_network_takes_is_found_by_trying() -> None:
    assert uses.smallest_side(SmallCNN()) == 8
