"""A script trains what the core trains: the same images in the same order, to the same weights."""

from __future__ import annotations

import itertools
from typing import Any, Literal

import pytest
import torch
from bench import Bench
from bench_jobs import job
from torch import nn

from ablation.bench.peers import cropped, ours, plain
from ablation.bench.workload import Autocast, InMemoryExamples, Material, accuracy, loader, slices
from ablation.core.model.network import network_of
from ablation.recipe.train import TrainSettings

TTA = {"inference": {"tta": ["identity", "shift"]}}


def test_loaders_give_the_cores_batches_epoch_by_epoch(bench: Bench) -> None:
    material = Material.of(job(bench))
    ordered, _ = material.loaders()
    assert iter(ordered)  # a trainer that only peeks takes no epoch away
    for epoch in range(2):
        expected = bench.training().steps_of(epoch)
        taken = [labels.tolist() for _, labels in ordered]
        assert taken == [material.split.labels[ids].tolist() for ids in itertools.chain.from_iterable(expected)]


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"loss": {"name": "focal"}, "balance": {"class_weights": "balanced"}, "schedule": {"name": "cosine"}},
        {"balance": {"sampling": "weighted"}, "train": {"memory_format": "channels_last", "clip_norm": 0.5}},
        {"model": {"head": {"name": "linear", "dropout": 0.3}}, "optimizer": {"name": "sgd"}},
    ],
    ids=["plain", "loss, weights and schedule", "sampling, layout and clipping", "dropout"],
)
def test_the_plain_loop_comes_to_the_cores_weights(bench: Bench, patch: dict[str, Any]) -> None:
    trained = bench.train("ours", patch)
    material = Material.of(job(bench, patch))
    model = material.model()
    assert plain.train_model(material, model).val_accuracy == pytest.approx(trained.history[-1]["val/accuracy"])
    found = model.state_dict()
    assert found.keys() == trained.weights.keys()
    for name, weight in trained.weights.items():
        torch.testing.assert_close(found[name], weight, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("patch", [{}, TTA])
def test_a_script_predicts_what_the_core_predicts(bench: Bench, patch: dict[str, Any]) -> None:
    one, other = ours.train(job(bench, patch, "test")), plain.train(job(bench, patch, "test"))
    assert (one.images, one.val_accuracy) == (other.images, pytest.approx(other.val_accuracy))
    assert one.test_accuracy == pytest.approx(other.test_accuracy)
    assert min(one.seconds, other.seconds) > 0


@pytest.mark.parametrize("patch", [{"augment": {"name": name}} for name in ("basic", "oneof_groups")])
def test_a_script_augments_by_the_batch_or_the_image(bench: Bench, patch: dict[str, Any]) -> None:
    material = Material.of(job(bench, patch | {"mix": {"name": "mixup"}}))
    images, targets = plain.batch_maker(material)(torch.arange(6))
    assert (images.shape, images.dtype) == ((6, 3, 8, 8), torch.float32)
    assert targets.shape == (6, material.classes)
    assert not torch.equal(images, material.normal(material.split.train)[torch.arange(6)][0])


def test_our_network_is_the_one_that_ours_trains(bench: Bench) -> None:
    material = Material.of(job(bench, {"model": {"backbone": "resnet18"}}))
    of_ours = network_of(material.recipe, material.classes)
    assert [type(each) for each in cropped.network(material).modules()] == [type(each) for each in of_ours.modules()]
    assert [type(each) for each in material.model().modules()] != [type(each) for each in of_ours.modules()]


def test_the_plain_loop_on_our_network_finds_what_it_finds_on_its_own(bench: Bench) -> None:
    one, other = cropped.train(job(bench, TTA, "test")), plain.train(job(bench, TTA, "test"))
    assert one.test_accuracy == pytest.approx(other.test_accuracy)
    assert one.val_accuracy == pytest.approx(other.val_accuracy)


def test_without_a_split_nothing_is_predicted(bench: Bench) -> None:
    assert plain.train(job(bench)).test_accuracy is None
    assert ours.train(job(bench)).test_accuracy is None


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_batch_is_a_gather_in_its_layout(layout: torch.memory_format) -> None:
    images, labels = torch.arange(5 * 3 * 4 * 4).reshape(5, 3, 4, 4).float(), torch.arange(5)
    places = torch.tensor([3, 0, 3])
    taken, found = InMemoryExamples(images.contiguous(memory_format=layout), labels)[places]
    assert torch.equal(taken, images[places])
    assert torch.equal(found, labels[places])
    assert taken.is_contiguous(memory_format=layout)


@pytest.mark.parametrize("n", [1, 255, 256, 257, 600])
def test_accuracy_is_that_of_all_examples_at_once(n: int) -> None:
    images = torch.rand(n, 3, 1, 1)
    examples = InMemoryExamples(images, images.flatten(1).argmax(1).roll(1))
    right = (images.flatten(1).argmax(1) == examples.labels).float().mean().item()
    assert accuracy(torch.nn.Flatten(), examples) == pytest.approx(right)
    assert sum(len(labels) for _, labels in loader(examples, slices(n))) == n


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_forward_pass_is_that_of_torchs_autocast_as_float32(precision: Literal["fp32", "bf16"]) -> None:
    model, images = nn.Linear(5, 3), torch.randn(4, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        expected = model(images)
    logits = Autocast(model, TrainSettings(precision=precision), torch.device("cpu"))(images)
    assert logits.dtype == torch.float32
    assert torch.equal(logits, expected.float())
