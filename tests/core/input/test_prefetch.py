from __future__ import annotations

import multiprocessing
import os
import time

import numpy as np
import pytest
import torch
from bench import Bench
from torch import Tensor

from ablation.core.input.augmentation import augment_images
from ablation.core.input.pixels import Pixels
from ablation.core.input.prefetch import PROBED, Prefetcher, workers_for
from ablation.core.streams import Streams
from ablation.errors import UserError
from ablation.recipe.data.pool import Ids

CPU = torch.device("cpu")
BATCHES = [np.arange(4) + 4 * number for number in range(PROBED + 6)]


def made(ids: Ids, epoch: int) -> Tensor:
    """A batch with its ids, its epoch and the number of the process that made it."""
    time.sleep(0.002)
    return torch.tensor([*ids.tolist(), epoch, os.getpid()])


def test_processes_make_what_was_announced_and_change_nothing() -> None:
    prefetcher = Prefetcher(made, 2, CPU)
    makers = set()
    for epoch in range(3):
        prefetcher.announce(BATCHES, epoch)
        for ids in BATCHES:
            found = prefetcher.take(ids, epoch)
            assert found[:-1].tolist() == [*ids.tolist(), epoch]
            makers.add((epoch, int(found[-1]) == os.getpid()))
    assert makers == {(0, True), (0, False), (1, False), (2, False)}


def test_what_was_not_announced_is_made_in_place() -> None:
    prefetcher = Prefetcher(made, 2, CPU)
    prefetcher.announce(BATCHES, 0)
    for ids in BATCHES:
        prefetcher.take(ids, 0)
    other = np.array([99])
    assert prefetcher.take(other, 5).tolist() == [99, 5, os.getpid()]


def test_an_epoch_that_was_not_finished_leaves_nothing_behind() -> None:
    prefetcher = Prefetcher(made, 1, CPU)
    prefetcher.announce(BATCHES, 0)
    for ids in BATCHES[:-3]:
        prefetcher.take(ids, 0)
    prefetcher.announce(BATCHES, 1)
    assert [prefetcher.take(ids, 1)[0].item() for ids in BATCHES] == [ids[0] for ids in BATCHES]


def test_what_goes_wrong_in_a_process_is_raised_as_it_is() -> None:
    mistake = UserError("too small", place="augment.transforms", remedy="larger images")

    def making(ids: Ids, epoch: int) -> Tensor:
        if epoch == 1:
            raise mistake
        return made(ids, epoch)

    prefetcher = Prefetcher(making, 1, CPU)
    prefetcher.announce(BATCHES, 0)
    for ids in BATCHES:
        prefetcher.take(ids, 0)
    prefetcher.announce(BATCHES, 1)
    with pytest.raises(UserError) as found:
        prefetcher.take(BATCHES[0], 1)
    assert (found.value.place, found.value.remedy) == (mistake.place, mistake.remedy)


def test_processes_end_at_once_when_the_prefetcher_is_deleted() -> None:
    prefetcher = Prefetcher(made, 2, CPU)
    prefetcher.announce(BATCHES, 0)
    for ids in BATCHES[:-2]:
        prefetcher.take(ids, 0)
    assert len(children := multiprocessing.active_children()) >= 2
    began = time.perf_counter()
    del prefetcher
    assert time.perf_counter() - began < 4, "the loader waited 5 seconds for a process that it had not ended"
    assert not [child for child in children if child.is_alive()]


def test_without_processes_all_batches_are_made_in_place() -> None:
    prefetcher = Prefetcher(made, 0, CPU)
    prefetcher.announce(BATCHES, 0)
    assert {int(prefetcher.take(ids, 0)[-1]) for ids in BATCHES} == {os.getpid()}


@pytest.mark.parametrize(
    ("making", "between", "most", "workers"),
    [(0.1, 0.01, 16, 11), (0.1, 0.01, 4, 4), (0.01, 0.1, 16, 2), (0.004, 0.1, 16, 0), (0.1, 0.01, 0, 0)],
)
def test_as_many_processes_as_keep_up(making: float, between: float, most: int, workers: int) -> None:
    assert workers_for(making, between, most) == workers


def test_albumentations_in_processes_gives_the_same_bits(bench: Bench) -> None:
    training = bench.training({"augment": {"name": "transfer"}})
    pixels, count = Pixels.of(training.dataset.images, CPU), len(training.dataset.labels)
    frame_change = training.loader.augmenter.prefetcher.make.args[1]  # type: ignore[attr-defined]

    def make(ids: Ids, epoch: int) -> Tensor:
        return augment_images(pixels, frame_change, Streams(7, 0), count, ids, epoch)

    prefetcher, state = Prefetcher(make, 2, CPU), torch.get_rng_state()
    prefetcher.announce(BATCHES, 3)
    for ids in BATCHES:
        assert torch.equal(prefetcher.take(ids, 3), make(ids, 3))
    assert torch.equal(torch.get_rng_state(), state)
