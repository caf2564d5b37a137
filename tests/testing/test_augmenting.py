"""The shipped contract finds the faults of a change of batches."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ablation.recipe.augment import AugmentSettings, Frame, PerBatch
from ablation.recipe.component import choices
from ablation.testing import ComponentContract
from ablation.testing.augmenting import changed_together


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


class Counts:
    calls = 0

    def __call__(self, images: Tensor, draws: Tensor) -> Tensor:
        self.calls += 1
        return images + self.calls


FAULTS = {
    "images that it gets": in_place,
    "numbers that it gets": uses_up,
    "other images": Counts(),
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
        changed_together(Change(FAULTS[said]))


def test_a_sound_change_passes_and_a_users_own_may_be_one() -> None:
    class Own(AugmentSettings):
        def build(self, frame: Frame) -> PerBatch:
            return Change(by_row)

    assert changed_together(Own(name="own:Own").build(Frame(8, (0, 0, 0)))).shape[0] == 6
    Own.__module__ = "own"
    for clause in ("the_defaults_build_and_do_what_their_section_promises", "it_draws_only_where_its_section_may"):
        getattr(ComponentContract(), f"test_{clause}")(Own)


def test_the_files_of_operations_are_no_components() -> None:
    assert not [name for name, known in choices(AugmentSettings).items() if ".batch" in known.__module__]
