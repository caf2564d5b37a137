"""Checks of augmentations, of one image or of a batch."""

import torch
from torch import Tensor

from ablation.recipe.augment import PerBatch, PerImage
from ablation.testing.randomness import drawn_by
from ablation.testing.uses import TINY_IMAGES, changed


def augmented(change: PerImage | PerBatch) -> Tensor:
    """The changed images, float32; asserts that each has the same shape and type and does not depend on the others."""
    return changed_together(change) if isinstance(change, PerBatch) else changed(change)


def changed_together(change: PerBatch) -> Tensor:
    """The changed batch, float32; asserts that it depends on the images and numbers alone, and changes neither."""
    images, draws = (
        TINY_IMAGES.clone(),
        torch.rand(len(TINY_IMAGES), change.draws, generator=torch.Generator().manual_seed(4)),
    )
    numbers = draws.clone()
    results, drew = drawn_by(lambda: change(images, draws), seed=3)
    assert not drew, "draws more numbers than those that it gets"
    kind, expected = (results.shape, results.dtype), (TINY_IMAGES.shape, torch.uint8)
    assert kind == expected, f"returns images of another kind: {kind}"
    assert torch.equal(images, TINY_IMAGES), "changes the images that it gets"
    assert torch.equal(draws, numbers), "changes the numbers that it gets"
    assert torch.equal(change(images, draws), results), "the same numbers give other images"
    channels_last = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(change(channels_last, draws), results), "depends on the memory format of the images"
    alone = [change(image[None], own[None])[0] for image, own in zip(images, draws, strict=True)]
    assert torch.equal(torch.stack(alone), results), "an image alone is changed otherwise than in its batch"
    return results.float()
