from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from bench import Bench
from torch import Tensor

from ablation.core.input.augmentation import augment_images, draws
from ablation.core.input.pixels import Pixels
from ablation.core.streams import Streams

AUGMENTED = [{"augment": {"name": "basic"}}, {"augment": {"name": "enhanced"}}]


@pytest.mark.parametrize("patch", AUGMENTED, ids=str)
def test_an_image_is_changed_the_same_way_in_every_batch(bench: Bench, patch: Mapping[str, Any]) -> None:
    training = bench.training(patch)
    ids, loader = training.split.train[:12], training.loader
    images, targets = loader.batch(ids, epoch=1, step=0, part=0)
    order = np.random.default_rng(0).permutation(12)
    shuffled, others = loader.batch(ids[order], epoch=1, step=5, part=1)
    assert torch.equal(shuffled, images[order])
    assert torch.equal(others, targets[order])
    alone, _ = loader.batch(ids[3:4], epoch=1, step=2, part=0)
    assert torch.equal(alone[0], images[3])


def test_an_image_changes_from_epoch_to_epoch_and_from_replicate_to_replicate(bench: Bench) -> None:
    loader, other = (bench.training(AUGMENTED[0], replicate).loader for replicate in (0, 1))
    ids = np.arange(6)
    first, second = (loader.batch(ids, epoch, 0, 0)[0] for epoch in (0, 1))
    assert not torch.equal(first, second)
    assert not torch.equal(first, other.batch(ids, 0, 0, 0)[0])


def test_the_random_numbers_of_a_batch_augmentation_are_numpys_by_epoch_and_example() -> None:
    sequence = np.random.SeedSequence([3, 1, 4], spawn_key=(2,))  # seed, replicate, stream "augment"; epoch
    expected = np.random.default_rng(sequence).random((9, 4), dtype=np.float32)
    assert np.array_equal(draws(Streams(3, 1), 2, 9, 4).numpy(), expected)
    assert np.array_equal(draws(Streams(3, 1), 2, 5, 4).numpy(), expected[:5])


def test_an_image_is_augmented_under_the_seed_of_its_example() -> None:
    images = np.zeros((6, 8, 8, 3), dtype=np.uint8)
    pixels, ids, state = Pixels.of(images, torch.device("cpu")), np.array([4, 1]), torch.get_rng_state()

    def change(image: Tensor) -> Tensor:
        return torch.randint(256, image.shape, dtype=torch.uint8)

    augmented = augment_images(pixels, change, Streams(3, 1), len(images), ids, epoch=2)
    assert torch.equal(torch.get_rng_state(), state)
    for image, seed in zip(augmented, Streams(3, 1).per_example("augment", 2, 6)[ids].tolist(), strict=True):
        generator = torch.Generator().manual_seed(seed)
        assert torch.equal(image, torch.randint(256, (3, 8, 8), dtype=torch.uint8, generator=generator))
