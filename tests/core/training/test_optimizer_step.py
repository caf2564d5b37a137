from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from bench import Bench
from torch import Tensor

from ablation.core.training import optimizer_step
from ablation.core.training.loop import train_epoch
from ablation.core.training.optimizer_step import Stepper, backward
from ablation.core.training.setup import Training
from ablation.recipe.merge import merged

PLAIN = {"model": {"backbone": {"name": "plain_backbone:Plain"}}}


def test_accumulated_batches_make_the_step_of_the_large_batch(bench: Bench) -> None:
    large = bench.train("large", merged(PLAIN, {"train": {"batch_size": 32}}))
    small = bench.train("small", merged(PLAIN, {"train": {"batch_size": 8, "accumulate": 4}}))
    for name, weight in large.weights.items():
        torch.testing.assert_close(small.weights[name], weight, atol=1e-6, rtol=0)


@pytest.mark.parametrize("sizes", [(16,), (16, 7), (16, 16, 3)])
def test_a_step_follows_the_gradient_of_the_mean_over_all_its_images(bench: Bench, sizes: tuple[int, ...]) -> None:
    training = bench.training(PLAIN)
    state = training.fresh()
    ids = np.split(training.split.train[: sum(sizes)], np.cumsum(sizes)[:-1])
    backward(training, state, [training.batch(part, 0, 0, 0) for part in ids], sum(sizes))
    for name, gradient in mean_gradient(training, np.concatenate(ids)).items():
        torch.testing.assert_close(dict(state.model.named_parameters())[name].grad, gradient, atol=1e-7, rtol=1e-5)


def mean_gradient(training: Training, ids: np.ndarray) -> Mapping[str, Tensor]:
    model = training.fresh().model
    mean_loss(training, model, ids).backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def test_the_gradient_is_clipped_to_its_norm_and_no_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    free, clipped = (norms(bench.training(merged(PLAIN, {"train": {"clip_norm": c}}))) for c in (None, 0.1))
    assert min(free) > 0.1
    assert clipped == pytest.approx([0.1] * len(clipped), rel=1e-3)


def norms(training: Training) -> list[float]:
    state, seen = training.fresh(), []

    def note(optimizer: torch.optim.Optimizer, *_: object) -> None:
        gradients = [each.grad for group in optimizer.param_groups for each in group["params"]]
        seen.append(torch.cat([each.flatten() for each in gradients]).norm().item())

    state.optimizer.register_step_pre_hook(note)
    train_epoch(training, state, Stepper(training, state))
    return seen


def mean_loss(training: Training, model: torch.nn.Module, ids: np.ndarray) -> Tensor:
    data = training.task.recipe.data
    pixels = torch.from_numpy(training.dataset.images[ids]).permute(0, 3, 1, 2) / 255
    mean, std = (torch.tensor(each).reshape(3, 1, 1) for each in (data.mean, data.std))
    return F.cross_entropy(model((pixels - mean) / std), torch.from_numpy(training.dataset.labels[ids]))


def test_the_loss_of_an_epoch_is_the_mean_over_its_images_whatever_the_last_batch_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for what in ("update_weights", "update_average_and_schedule"):
        monkeypatch.setattr(optimizer_step, what, lambda *_: None)
    training = bench.training(merged(PLAIN, {"train": {"batch_size": 30}}))
    assert len(training.split.train) % 30 > 1
    state = training.fresh()
    record = train_epoch(training, state, Stepper(training, state))
    with torch.no_grad():
        assert record["train/loss"] == pytest.approx(mean_loss(training, state.model, training.split.train).item())
