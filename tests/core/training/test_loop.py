from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from bench import BASELINE, Bench, StoppedError, assert_equal, predictions, same_weights, stopping_after
from torch import Tensor

from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.loop import train_epoch
from ablation.core.training.optimizer_step import Stepper
from ablation.core.training.setup import Training
from ablation.core.training.state import TrainState
from ablation.recipe.merge import merged

PLAIN = {"model": {"backbone": {"name": "plain_backbone:Plain"}}}
BASIC = {"augment": {"name": "basic"}}
MIXED = {"mix": {"name": "mixup_or_cutmix"}}
DROPOUT = {"model": {"head": {"dropout": 0.3}}}


def test_the_same_task_twice_gives_the_same_bits_whatever_was_drawn_before(bench: Bench) -> None:
    patch = {**DROPOUT, **MIXED, **BASIC, "schedule": {"name": "onecycle"}, "train": {"accumulate": 2}}
    once = bench.train("once", patch)
    torch.rand(1)
    assert_equal(bench.train("twice", patch), once)


def test_another_replicate_is_another_training(bench: Bench) -> None:
    once, other = bench.train("once"), bench.train("other", replicate=1)
    assert once.history[0]["train/loss"] != other.history[0]["train/loss"]
    assert not same_weights(once.weights, other.weights)


@pytest.mark.parametrize("patch", [BASIC, MIXED, DROPOUT, {"loss": {"name": "focal"}}], ids=str)
def test_switching_one_improvement_on_shifts_no_other_stream(bench: Bench, patch: Mapping[str, Any]) -> None:
    off, on = bench.training(), bench.training(patch)
    for epoch in range(3):
        ours, theirs = ([batch for step in each.steps_of(epoch) for batch in step] for each in (on, off))
        assert [batch.tolist() for batch in ours] == [batch.tolist() for batch in theirs]
    start, other = (each.fresh().model.state_dict() for each in (on, off))
    assert all(torch.equal(start[name], other[name]) for name in other)
    assert drawn(on) == drawn(off)


def drawn(training: Training) -> list[float]:
    """What mixing and dropout would draw in an epoch, batch by batch."""
    seen = []

    def mix(images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        seen.append(torch.rand(()).item())
        return images, targets

    observed = dataclasses.replace(training, loader=dataclasses.replace(training.loader, mix=mix))
    state = observed.fresh()
    state.model = Draws(seen)
    train_epoch(observed, state, Stepper(observed, state))
    return seen


class Draws(torch.nn.Module):
    """Stands for a model with dropout: draws one number a batch and notes it."""

    def __init__(self, seen: list[float]) -> None:
        super().__init__()
        self.seen, self.weight = seen, torch.nn.Parameter(torch.zeros(10))

    def forward(self, images: Tensor) -> Tensor:
        self.seen.append(torch.rand(()).item())
        return self.weight.expand(len(images), -1)

    def groups(self) -> list[tuple[str, torch.nn.Module]]:
        return []


def no_norms() -> GradientNorms:
    return GradientNorms([], 0)


def test_bf16_trains_with_finite_numbers_of_its_own(bench: Bench) -> None:
    half = bench.train("bf16", {"train": {"precision": "bf16"}})
    assert all(np.isfinite(list(record.values())).all() for record in half.history)
    assert half.history != bench.train("fp32").history
    assert all(weight.dtype in (torch.float32, torch.int64) for weight in half.weights.values())


def test_channels_last_gives_nearly_the_same_numbers(bench: Bench) -> None:
    plain, last = bench.train("plain"), bench.train("last", {"train": {"memory_format": "channels_last"}})
    assert last.history[0]["train/loss"] == pytest.approx(plain.history[0]["train/loss"], rel=1e-3)


def test_a_training_that_diverges_is_an_outcome_and_predicts_a_guess(bench: Bench) -> None:
    patch = {"optimizer": {"lr": 1e6}, "train": {"epochs": 9}}
    lost = bench.train("lost", patch)
    assert lost.outcome["diverged"]
    assert len(lost.history) < 9
    found = predictions(bench.predict(lost, patch))
    np.testing.assert_array_equal(found["probabilities"], np.float32(0.1))


def test_a_diverged_training_resumes_as_diverged(bench: Bench) -> None:
    patch = {"optimizer": {"lr": 1e6}, "train": {"epochs": 9}}
    lost = bench.train("lost", patch)
    workspace = bench.workspace("stopped", checkpoint_seconds=0.0)
    epochs = len(lost.history)
    bench.run_train(bench.task(patch), workspace)
    again = bench.run_train(bench.task(patch), workspace, stopping_after(epochs + 1))
    assert str(again.history) == str(lost.history)  # nan is not equal to itself


def test_every_epoch_is_reported_to_progress_with_its_metrics(bench: Bench) -> None:
    reported: list[tuple[int, Mapping[str, float]]] = []
    trained = bench.run_train(bench.task(), bench.workspace("reported"), lambda *each: reported.append(each))
    assert reported == list(enumerate(trained.history, start=1))
    assert [record["epoch"] for _, record in reported] == [1, 2]


def test_the_outcome_counts_the_images_and_the_seconds(bench: Bench) -> None:
    outcome = bench.train("counted").outcome
    split = bench.training().split
    assert (outcome["epochs"], outcome["images"]) == (2, 2 * len(split.train))
    assert outcome["seconds"] > 0
    assert outcome["diverged"] is False


def test_training_leaves_no_trace_in_torch(bench: Bench) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    bench.train("traceless", {**BASIC, **MIXED, **DROPOUT})
    after = torch.get_rng_state(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


def test_the_network_learns_the_digits(bench: Bench) -> None:
    learnt = bench.train("learnt", {"train": {"epochs": 12}, "model": {"backbone": {"width": 8}}})
    assert learnt.history[-1]["val/accuracy"] > 0.5
    assert learnt.history[-1]["train/loss"] < learnt.history[0]["train/loss"]


def test_the_learning_rate_in_the_history_is_the_one_the_epoch_began_with(bench: Bench) -> None:
    history = bench.train("cosine", {"schedule": {"name": "cosine"}, "train": {"epochs": 2}}).history
    lr = BASELINE["optimizer"]["lr"]
    assert [record["lr"] for record in history] == pytest.approx([lr, lr / 2])


def on_cuda(bench: Bench) -> Bench:
    return dataclasses.replace(bench, device="cuda")


needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@pytest.mark.gpu
@needs_cuda
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_cuda_device_trains_in_every_precision(bench: Bench, precision: str) -> None:
    trained = on_cuda(bench).train("cuda", {"train": {"precision": precision, "epochs": 3}})
    assert all(np.isfinite(list(record.values())).all() for record in trained.history)


@pytest.mark.gpu
@needs_cuda
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_on_cuda_a_stopped_training_ends_as_one_that_was_not(bench: Bench, precision: str) -> None:
    cuda, patch = on_cuda(bench), merged(DROPOUT, {"train": {"deterministic": True, "precision": precision}})
    whole = cuda.train("whole", patch)
    workspace = cuda.workspace("stopped", checkpoint_seconds=0.0)
    with pytest.raises(StoppedError):
        cuda.run_train(cuda.task(patch), workspace, stopping_after(2))
    assert_equal(cuda.run_train(cuda.task(patch), workspace), whole)


@pytest.mark.gpu
@needs_cuda
def test_on_cuda_the_scaler_skips_a_step_whose_gradients_overflow(bench: Bench) -> None:
    training = on_cuda(bench).training({"train": {"precision": "fp16"}})
    state: TrainState = training.fresh()
    before = state.model.state_dict()["head.1.weight"].clone()
    state.scaler.scale(torch.zeros((), device="cuda"))  # creates the scale
    state.scaler.update(1e30)
    Stepper(training, state).take(0, training.steps_of(0)[0], no_norms())
    assert torch.equal(state.model.state_dict()["head.1.weight"], before)
    assert state.scaler.get_scale() < 1e30


@pytest.mark.slow
def test_a_compiled_training_is_the_same_but_for_its_rounding_and_goes_on_where_it_stopped(bench: Bench) -> None:
    patch = {"train": {"compile": True, "batch_size": 20}}
    plain = bench.train("plain", {"train": {"batch_size": 20}}).outcome["history"]
    whole = bench.train("whole", patch)
    for ours, theirs in zip(whole.outcome["history"], plain, strict=True):
        assert ours["train/loss"] == pytest.approx(theirs["train/loss"], rel=1e-4)
        assert ours["val/loss"] == pytest.approx(theirs["val/loss"], rel=1e-3)
    workspace = bench.workspace("stopped", checkpoint_seconds=0.0)
    with pytest.raises(StoppedError):
        bench.run_train(bench.task(patch), workspace, stopping_after(1))
    assert_equal(bench.run_train(bench.task(patch), workspace), whole)
