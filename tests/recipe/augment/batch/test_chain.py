"""The images of a batch are changed independently of each other, on any device and in any batch."""

from __future__ import annotations

import pytest
import torch
from batch_images import pictures, uniform
from torch import Tensor

from ablation.recipe.augment import AugmentSettings, Frame, PerBatch
from ablation.recipe.augment.batch import chain, choice
from ablation.recipe.augment.batch.chain import Chain

NAMES = ["basic", "enhanced", "crop_flip", "autoaugment", "randaugment", "trivialaugment"]
COUNT, SIDE = 24, 20


def built(name: str, side: int = SIDE) -> PerBatch:
    erased = AugmentSettings.choose({"name": name, "erasing": 0.4})
    change = erased.build(Frame(side, (120, 110, 100)))
    assert isinstance(change, PerBatch)
    return change


def batch(change: PerBatch, side: int = SIDE, count: int = COUNT) -> tuple[Tensor, Tensor]:
    return pictures(count, side, side), uniform(count, change.draws)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", [SIDE, 33])
def test_an_image_alone_in_another_order_and_in_another_batch_becomes_the_same(name: str, side: int) -> None:
    change = built(name, side)
    images, draws = batch(change, side)
    together = change(images, draws)
    alone = [change(image[None], row[None])[0] for image, row in zip(images, draws, strict=True)]
    assert torch.equal(together, torch.stack(alone))
    assert torch.equal(together.flip(0), change(images.flip(0), draws.flip(0)))
    assert torch.equal(together[7:18], change(images[7:18], draws[7:18]))


@pytest.mark.parametrize("name", NAMES)
def test_a_device_that_computes_all_for_all_gives_what_the_host_gives(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = built(name)
    images, draws = batch(change)
    on_the_host = change(images, draws)
    for module in (chain, choice):
        monkeypatch.setattr(module, "on_host", lambda images: False)
    assert torch.equal(change(images, draws), on_the_host)


@pytest.mark.parametrize("name", NAMES)
def test_how_many_are_changed_together_makes_no_difference(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change = built(name)
    images, draws = batch(change)
    together = change(images, draws)
    for name, values in (("TOGETHER", 3 * 3 * SIDE**2), ("ALONE", 1)):
        monkeypatch.setattr(chain, name, values)
        assert torch.equal(change(images, draws), together)


@pytest.mark.parametrize("name", NAMES)
def test_the_way_images_lie_in_memory_and_the_number_of_threads_make_no_difference(name: str) -> None:
    change = built(name)
    images, draws = batch(change)
    before, expected = images.clone(), change(images, draws)
    assert torch.equal(change(images.contiguous(memory_format=torch.channels_last), draws), expected)
    threads = torch.get_num_threads()
    torch.set_num_threads(3 - min(threads, 2))
    assert torch.equal(change(images, draws), expected)
    torch.set_num_threads(threads)
    assert torch.equal(images, before)


@pytest.mark.parametrize("name", NAMES)
def test_a_device_is_never_waited_for(name: str) -> None:
    change = built(name)
    images, draws = (each.to("meta") for each in batch(change))  # where reading a number is an error
    changed = change(images, draws)
    assert (changed.shape, changed.dtype) == (images.shape, torch.uint8)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", NAMES)
def test_on_cuda_it_can_be_captured_in_a_graph_and_is_nearly_what_it_is_on_the_cpu(name: str) -> None:
    change = built(name)
    images, draws = batch(change)
    given, numbers = images.cuda(), draws.cuda()
    eager, stream = change(given, numbers), torch.cuda.Stream()
    with torch.cuda.stream(stream):
        change(given, numbers)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = change(given, numbers)
    captured.zero_()
    graph.replay()
    assert torch.equal(captured, eager)
    apart = (eager.cpu().int() - change(images, draws).int()).abs()
    assert (apart <= 2).double().mean() > 0.98


def test_a_chain_of_nothing_and_a_batch_of_nothing_stay() -> None:
    images = pictures(4, 5, 5)
    assert Chain([]).draws == 0
    assert torch.equal(Chain([])(images, uniform(4, 0)), images)
    for name in NAMES:
        change = built(name)
        assert change(images[:0], uniform(0, change.draws)).shape == (0, 3, 5, 5)
