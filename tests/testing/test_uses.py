"""How components are put to use: what comes out of simple ones, computed by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from ablation.recipe.augment import AugmentSettings, Frame, PerBatch
from ablation.recipe.component import choices
from ablation.recipe.model.backbones.small_cnn import SmallCNN
from ablation.recipe.optimizer.sgd import SGD
from ablation.testing import ComponentContract, uses


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


class Change(PerBatch):
    """A change that is a function."""

    def __init__(self, change: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.change = change

    @property
    def draws(self) -> int:
        return 2

    def __call__(self, images: Tensor, draws: Tensor) -> Tensor:
        return self.change(images, draws)


def by_row(images: Tensor, draws: Tensor) -> Tensor:
    return torch.where(draws[:, 0, None, None, None] < 0.5, images, ~images)


def in_place(images: Tensor, draws: Tensor) -> Tensor:
    return images.bitwise_not_()


def uses_up(images: Tensor, draws: Tensor) -> Tensor:
    return by_row(images, draws.mul_(0.5))


class CountsCalls:
    calls = 0

    def __call__(self, images: Tensor, draws: Tensor) -> Tensor:
        self.calls += 1
        return images + self.calls


FAULTS = {
    "images that it gets": in_place,
    "numbers that it gets": uses_up,
    "other images": CountsCalls(),
    "more numbers": lambda images, draws: images + torch.randint(255, ()).byte(),
    "than in its batch": lambda images, draws: images - images.float().mean().byte(),
    "alone is changed otherwise": lambda images, draws: images + torch.arange(len(images)).byte()[:, None, None, None],
    "memory": lambda images, draws: images.as_strided(images.shape, images.contiguous().stride()),
    "float32": lambda images, draws: images / 255,
    "another kind": lambda images, draws: images[:, :, 1:],
}


@pytest.mark.parametrize("said", FAULTS)
def test_a_fault_is_found_and_named(said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        uses.changed_together(Change(FAULTS[said]))


def test_a_sound_change_passes_and_a_users_own_may_be_one() -> None:
    class Own(AugmentSettings):
        def build(self, frame: Frame) -> PerBatch:
            return Change(by_row)

    assert uses.changed_together(Own(name="own:Own").build(Frame(8, (0, 0, 0)))).shape[0] == 6
    Own.__module__ = "own"
    for clause in ("the_defaults_build_and_do_what_their_section_promises", "it_draws_only_where_its_section_may"):
        getattr(ComponentContract(), f"test_{clause}")(Own)


def test_the_files_of_operations_are_no_components() -> None:
    assert not [name for name, known in choices(AugmentSettings).items() if ".batch" in known.__module__]
