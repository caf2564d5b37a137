from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from bench import Bench

AUGMENTED = [{"augment": {"name": "basic"}}, {"augment": {"name": "enhanced"}}]


@pytest.mark.parametrize("patch", AUGMENTED, ids=str)
def test_an_image_is_changed_the_same_way_in_whatever_company(bench: Bench, patch: Mapping[str, Any]) -> None:
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


def test_without_augmentation_a_batch_is_the_normalised_images(bench: Bench) -> None:
    training = bench.training()
    ids = training.split.train[:5]
    images, targets = training.loader.batch(ids, 0, 0, 0)
    data = training.task.recipe.data
    pixels = training.dataset.images[ids].transpose(0, 3, 1, 2) / 255.0
    expected = (pixels - np.reshape(data.mean, (3, 1, 1))) / np.reshape(data.std, (3, 1, 1))
    np.testing.assert_allclose(images.numpy(), expected, atol=1e-5)
    np.testing.assert_array_equal(targets.numpy(), np.eye(10)[training.dataset.labels[ids]])


def test_mixing_draws_anew_in_every_step_and_the_same_again(bench: Bench) -> None:
    loader = bench.training({"mix": {"name": "mixup"}}).loader
    ids = np.arange(8)
    batches = [loader.batch(ids, *place) for place in ((0, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0))]
    assert len({images.numpy().tobytes() for images, _ in batches}) == 4
    again, targets = loader.batch(ids, 0, 0, 0)
    assert torch.equal(again, batches[0][0])
    torch.testing.assert_close(targets.sum(1), torch.ones(8))
