from __future__ import annotations

import numpy as np
import torch
from bench import Bench


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
