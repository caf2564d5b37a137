from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import nn

from ablation.bench.examples import Autocast, InMemoryExamples, Slices, accuracy, loader
from ablation.recipe.train import TrainSettings


@pytest.mark.parametrize("channels_last", [False, True])
def test_a_batch_is_a_gather_in_its_layout(channels_last: bool) -> None:
    images, labels = torch.arange(5 * 3 * 4 * 4).reshape(5, 3, 4, 4).float(), torch.arange(5)
    places = torch.tensor([3, 0, 3])
    taken, found = InMemoryExamples(images, labels, channels_last)[places]
    assert torch.equal(taken, images[places])
    assert torch.equal(found, labels[places])
    assert taken.is_contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)


@pytest.mark.parametrize("n", [1, 255, 256, 257, 600])
def test_accuracy_is_that_of_all_examples_at_once(n: int) -> None:
    images = torch.rand(n, 3, 1, 1)
    examples = InMemoryExamples(images, images.flatten(1).argmax(1).roll(1), channels_last=False)
    right = (images.flatten(1).argmax(1) == examples.labels).float().mean().item()
    assert accuracy(torch.nn.Flatten(), examples) == pytest.approx(right)
    assert sum(len(labels) for _, labels in loader(examples, Slices(n))) == n


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_forward_pass_is_that_of_torchs_autocast_as_float32(precision: Literal["fp32", "bf16"]) -> None:
    model, images = nn.Linear(5, 3), torch.randn(4, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        expected = model(images)
    logits = Autocast(model, TrainSettings(precision=precision), torch.device("cpu"))(images)
    assert logits.dtype == torch.float32
    assert torch.equal(logits, expected.float())
