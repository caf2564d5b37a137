"""What an augmentation owes, of one image or of a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from ablation.recipe.augment import PerBatch, PerImage
from ablation.testing.randomness import drawn_by
from ablation.testing.uses import TINY_IMAGES, changed


def augmented(change: PerImage | PerBatch) -> Tensor:
    """Images changed, to ones of the same kind, each as if it were the only one."""
    return changed_together(change) if isinstance(change, PerBatch) else changed(change)


def changed_together(change: PerBatch) -> Tensor:
    """A batch changed by its numbers alone, which stay as they are like the images."""
    images, draws = (
        TINY_IMAGES.clone(),
        torch.rand(len(TINY_IMAGES), change.draws, generator=torch.Generator().manual_seed(4)),
    )
    numbers = draws.clone()
    results, drew = drawn_by(lambda: change(images, draws), seed=3)
    assert not drew, "draws numbers beside those that it is given"
    kind, expected = (results.shape, results.dtype), (TINY_IMAGES.shape, torch.uint8)
    assert kind == expected, f"makes images of another kind: {kind}"
    assert torch.equal(images, TINY_IMAGES), "changes the images that it is given"
    assert torch.equal(draws, numbers), "changes the numbers that it is given"
    assert torch.equal(change(images, draws), results), "the same numbers make other images"
    laid_out = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(change(laid_out, draws), results), "depends on how images lie in memory"
    alone = [change(image[None], own[None])[0] for image, own in zip(images, draws, strict=True)]
    assert torch.equal(torch.stack(alone), results), "an image is changed otherwise in company"
    return results.float()
