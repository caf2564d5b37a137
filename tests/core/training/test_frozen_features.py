"""A frozen backbone: it stays as it was, and its features are computed once where they never change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from bench import Bench, Patch
from torch import Tensor

from ablation.core.training import setup as training_module
from ablation.core.training.frozen_features import gives_fixed_features
from ablation.recipe.merge import merged
from ablation.recipe.model.backbones import Backbone
from ablation.recipe.recipe import Recipe

FROZEN: Patch = {"model": {"trainable": "head", "head": {"dropout": 0.3}}, "train": {"epochs": 3}}
UNCACHED: Patch = {"augment": {"name": "basic"}}


@pytest.mark.parametrize("patch", [{}, UNCACHED], ids=["cached", "augmented"])
def test_nothing_of_a_frozen_backbone_moves_its_batch_statistics_included(bench: Bench, patch: Patch) -> None:
    start = bench.training(FROZEN).fresh().model.state_dict()
    found = bench.train("frozen", merged(FROZEN, patch)).weights
    for name, weight in found.items():
        assert torch.equal(weight, start[name]) == name.startswith("backbone."), name


def test_of_a_partly_frozen_backbone_only_the_last_block_moves(bench: Bench) -> None:
    patch = merged(FROZEN, {"model": {"trainable": 1}})
    start, found = bench.training(patch).fresh().model.state_dict(), bench.train("partly", patch).weights
    moved = {name for name, weight in found.items() if not torch.equal(weight, start[name])}
    last = {f"backbone.body.7.{each}" for each in ("weight", "bias", "running_mean", "running_var")}
    last |= {"backbone.body.6.weight", "backbone.body.7.num_batches_tracked", "head.1.weight", "head.1.bias"}
    assert moved == last


@pytest.mark.parametrize("ema", [None, {"decay": 0.9}], ids=["plain", "average"])
def test_cached_features_give_the_training_without_a_cache(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, ema: Any
) -> None:
    patch = merged(FROZEN, {"train": {"ema": ema}})
    cached = bench.train("cached", patch)
    monkeypatch.setattr(training_module, "gives_fixed_features", lambda recipe: False)
    plain = bench.train("plain", patch)
    for name, weight in plain.weights.items():
        torch.testing.assert_close(cached.weights[name], weight, rtol=1e-4, atol=1e-6)
    for one, other in zip(cached.history, plain.history, strict=True):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-6)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the batches that backbones are given; of one image where a model is only checked."""
    sizes: list[int] = []
    forward = Backbone.forward

    def counted(self: Backbone, images: Tensor) -> Tensor:
        sizes.append(len(images))
        return forward(self, images)

    monkeypatch.setattr(Backbone, "forward", counted)
    return sizes


def test_the_backbone_sees_each_training_and_validation_image_once(bench: Bench, seen: list[int]) -> None:
    split = bench.training(FROZEN).split
    seen.clear()
    bench.train("cached", FROZEN)
    assert sum(size for size in seen if size > 1) == len(split.train) + len(split.val)


def test_with_augmentation_it_sees_them_in_every_epoch(bench: Bench, seen: list[int]) -> None:
    split = bench.training(FROZEN).split
    seen.clear()
    bench.train("augmented", merged(FROZEN, UNCACHED))
    assert sum(size for size in seen if size > 1) > 3 * (len(split.train) + len(split.val))


def test_features_are_those_of_the_backbone_in_evaluation_mode(bench: Bench) -> None:
    training = bench.training(FROZEN)
    model = training.fresh().model
    features = training.with_features(model).features
    assert features is not None
    ids = np.concatenate([training.split.val[::-1], training.split.train[:5]])
    images, _ = training.loader.batch(ids, 0, 0, 0)
    with torch.no_grad():
        expected = model.eval().backbone(images)
    torch.testing.assert_close(features.of(ids), expected, rtol=1e-5, atol=1e-6)
    assert (features.rows[training.split.test] == -1).all()


@pytest.mark.parametrize(
    ("patch", "fixed"),
    [
        ({}, True),
        ({"loss": "focal", "balance": {"sampling": "weighted"}, "train": {"accumulate": 2}}, True),
        ({"model": {"trainable": "all"}}, False),
        ({"model": {"trainable": 1}}, False),
        ({"model": {"attention": "spatial"}}, False),
        ({"augment": "basic"}, False),
        ({"mix": "mixup"}, False),
    ],
    ids=str,
)
def test_features_are_fixed_where_nothing_before_the_head_moves(bench: Bench, patch: Patch, fixed: bool) -> None:
    recipe = Recipe.model_validate(bench.task(merged(FROZEN, patch))["recipe"])
    assert gives_fixed_features(recipe) is fixed


def test_a_frozen_backbone_has_no_gradient_norm_of_its_own(bench: Bench) -> None:
    record = bench.train("frozen", FROZEN).history[0]
    assert [name for name in record if name.startswith("grad_norm")] == ["grad_norm", "grad_norm/head"]
