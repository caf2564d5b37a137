from __future__ import annotations

import numpy as np
import torch
from bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from ablation.core.input.batch_loader import cut_into_steps


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


@given(count=st.integers(2, 200), batch=st.integers(2, 40), accumulate=st.integers(1, 4))
def test_every_example_is_used_once_and_in_order(count: int, batch: int, accumulate: int) -> None:
    order = np.random.default_rng(0).permutation(count)
    flat = np.concatenate([ids for step in cut_into_steps(order, batch, accumulate) for ids in step])
    assert np.array_equal(flat, order)


@given(count=st.integers(2, 200), batch=st.integers(2, 40), accumulate=st.integers(1, 4))
def test_no_batch_has_one_image_and_none_is_larger_than_one_more(count: int, batch: int, accumulate: int) -> None:
    sizes = [len(ids) for step in cut_into_steps(np.arange(count), batch, accumulate) for ids in step]
    assert min(sizes) >= 2
    assert max(sizes) <= batch + 1


def test_steps_are_cut_as_by_hand() -> None:
    sizes = [[len(ids) for ids in step] for step in cut_into_steps(np.arange(21), 4, 2)]
    assert sizes == [[4, 4], [4, 4], [5]]
    assert [[len(ids) for ids in step] for step in cut_into_steps(np.arange(17), 4, 2)] == [[4, 4], [4, 5]]
