"""Each image gets the change of its choice."""

from __future__ import annotations

import pytest
import torch
from batch_images import pictures
from torch import Tensor

from ablation.recipe.augment.batch import choice


@pytest.mark.parametrize("choose", [choice.in_groups, choice.all_of_them])
@pytest.mark.parametrize("which", [[0, 1, -1, 1, 0], [-1] * 5, [1] * 5, [2, 0, 2, 1, -1]])
def test_each_image_gets_the_change_of_its_choice(choose: type[choice.one_of], which: list[int]) -> None:
    images, numbers = pictures(5, 6, 6), torch.arange(5.0)[:, None]
    changes = [lambda images, _: images.flip(3), lambda images, _: 255 - images, _lifted]
    changed = choose(images, torch.tensor(which), changes, numbers)
    expected = [
        images[row] if chosen < 0 else changes[chosen](images[row : row + 1], numbers[row : row + 1])[0]
        for row, chosen in enumerate(which)
    ]
    assert torch.equal(changed, torch.stack(expected))
    assert torch.equal(images, pictures(5, 6, 6))


def _lifted(images: Tensor, numbers: Tensor) -> Tensor:
    return images + numbers[:, :, None, None].byte()
