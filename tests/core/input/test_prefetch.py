from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from bench import Bench
from torch import Tensor

from ablation.core.input.augmentation import one_by_one
from ablation.core.input.batches import Ids
from ablation.core.input.pixels import Pixels
from ablation.core.input.prefetch import PROBED, Ahead, workers_for
from ablation.core.streams import Streams
from ablation.errors import UserError

CPU = torch.device("cpu")
BATCHES = [np.arange(4) + 4 * number for number in range(PROBED + 6)]


def made(ids: Ids, epoch: int) -> Tensor:
    """A batch that tells who made it: numbers, epoch and process."""
    time.sleep(0.002)
    return torch.tensor([*ids.tolist(), epoch, os.getpid()])


def test_processes_make_what_was_announced_and_change_nothing() -> None:
    ahead = Ahead(made, 2, CPU)
    makers = set()
    for epoch in range(3):
        ahead.announce(BATCHES, epoch)
        for ids in BATCHES:
            found = ahead.take(ids, epoch)
            assert found[:-1].tolist() == [*ids.tolist(), epoch]
            makers.add((epoch, int(found[-1]) == os.getpid()))
    assert makers == {(0, True), (0, False), (1, False), (2, False)}


def test_what_was_not_announced_is_made_in_place() -> None:
    ahead = Ahead(made, 2, CPU)
    ahead.announce(BATCHES, 0)
    for ids in BATCHES:
        ahead.take(ids, 0)
    other = np.array([99])
    assert ahead.take(other, 5).tolist() == [99, 5, os.getpid()]


def test_an_epoch_that_was_not_finished_leaves_nothing_behind() -> None:
    ahead = Ahead(made, 1, CPU)
    ahead.announce(BATCHES, 0)
    for ids in BATCHES[:-3]:
        ahead.take(ids, 0)
    ahead.announce(BATCHES, 1)
    assert [ahead.take(ids, 1)[0].item() for ids in BATCHES] == [ids[0] for ids in BATCHES]


def test_what_goes_wrong_in_a_process_is_raised_as_it_is() -> None:
    mistake = UserError("too small", place="augment.transforms", remedy="larger images")

    def making(ids: Ids, epoch: int) -> Tensor:
        if epoch == 1:
            raise mistake
        return made(ids, epoch)

    ahead = Ahead(making, 1, CPU)
    ahead.announce(BATCHES, 0)
    for ids in BATCHES:
        ahead.take(ids, 0)
    ahead.announce(BATCHES, 1)
    with pytest.raises(UserError) as found:
        ahead.take(BATCHES[0], 1)
    assert (found.value.place, found.value.remedy) == (mistake.place, mistake.remedy)


def test_processes_end_at_once_when_nobody_takes_from_them() -> None:
    ahead = Ahead(made, 2, CPU)
    ahead.announce(BATCHES, 0)
    for ids in BATCHES[:-2]:
        ahead.take(ids, 0)
    assert len(children := multiprocessing.active_children()) >= 2
    began = time.perf_counter()
    del ahead
    assert time.perf_counter() - began < 4, "the loader waited 5 seconds for a process that it did not tell to end"
    assert not [child for child in children if child.is_alive()]


def test_without_processes_to_spare_all_is_made_in_place() -> None:
    ahead = Ahead(made, 0, CPU)
    ahead.announce(BATCHES, 0)
    assert {int(ahead.take(ids, 0)[-1]) for ids in BATCHES} == {os.getpid()}


@pytest.mark.parametrize(
    ("making", "between", "most", "workers"),
    [(0.1, 0.01, 16, 11), (0.1, 0.01, 4, 4), (0.01, 0.1, 16, 2), (0.004, 0.1, 16, 0), (0.1, 0.01, 0, 0)],
)
def test_as_many_processes_as_keep_up(making: float, between: float, most: int, workers: int) -> None:
    assert workers_for(making, between, most) == workers


def test_albumentations_in_processes_gives_the_same_bits(bench: Bench) -> None:
    training = bench.training({"augment": {"name": "transfer"}})
    pixels, count = Pixels.of(training.dataset.images, CPU), len(training.dataset.labels)
    frame_change = training.feed.augmented.ahead.make.args[1]  # type: ignore[attr-defined]

    def make(ids: Ids, epoch: int) -> Tensor:
        return one_by_one(pixels, frame_change, Streams(7, 0), count, ids, epoch)

    ahead, state = Ahead(make, 2, CPU), torch.get_rng_state()
    ahead.announce(BATCHES, 3)
    for ids in BATCHES:
        assert torch.equal(ahead.take(ids, 3), make(ids, 3))
    assert torch.equal(torch.get_rng_state(), state)


def test_images_on_the_host_are_gathered_as_they_are(bench: Bench, tmp_path: Path) -> None:
    training = bench.training()
    pixels, ids = training.pixels, np.array([5, 2, 5])
    assert pixels.resident is None
    np.testing.assert_array_equal(pixels.batch(ids).permute(0, 2, 3, 1).numpy(), training.dataset.images[ids])
