from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from bench import Bench

from ablation.core.profiling import profile as profiling
from ablation.core.profiling.op_counts import Work
from ablation.core.profiling.profile import Profile, profile_training
from ablation.core.profiling.roofline import Peak, Roofline
from ablation.core.task import Task

PEAK = Peak(flops=1e9, bandwidths={1: 1e9})


def profile_of(parts: Mapping[str, float], flops: int = 0, moved: int = 1) -> Profile:
    seconds = sum(value for name, value in parts.items() if name != "evaluation")
    line = Roofline(Work(flops, {moved: moved}), PEAK, seconds)
    return Profile(steps=10, images=320, parts=parts, setup_seconds=1.0, epoch_steps=5, roofline=line)


@pytest.fixture
def peak(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device whose peaks are known."""
    monkeypatch.setattr(profiling, "peak_of", lambda device, dtype: PEAK)


def test_the_speed_is_that_of_the_steps_alone() -> None:
    found = profile_of({"data": 0.1, "forward_backward": 0.3, "evaluation": 0.4})
    assert found.step_seconds == pytest.approx(0.4)
    assert found.images_per_second == pytest.approx(32 / 0.4)
    assert found.shares == pytest.approx({"data": 0.125, "forward_backward": 0.375, "evaluation": 0.5})


def test_the_limit_is_the_batches_then_overhead_then_the_device() -> None:
    assert profile_of({"data": 0.3, "augmentation": 0.4, "forward_backward": 0.3}).limit == "augmentation"
    assert profile_of({"data": 0.6, "forward_backward": 0.4}).limit == "data"
    parts = {"data": 0.1, "forward_backward": 0.8, "optimizer": 0.1}
    assert profile_of(parts, flops=10**6, moved=10**6).limit == "overhead"
    assert profile_of(parts, flops=6 * 10**8, moved=10**8).limit == "arithmetic"
    assert profile_of(parts, flops=10**8, moved=6 * 10**8).limit == "memory"


@pytest.mark.usefixtures("peak")
@pytest.mark.parametrize(
    "patch",
    [
        {"augment": {"name": "basic"}},
        {"train": {"accumulate": 2, "clip_norm": 1.0, "ema": {}}},
        {"schedule": {"name": "onecycle"}, "mix": {"name": "mixup"}},
        {"train": {"batch_size": 512}},
    ],
)
def test_a_profile_splits_the_time_of_a_training(bench: Bench, patch: dict[str, Any]) -> None:
    task = Task.from_json(bench.task(patch))
    before = torch.get_rng_state()
    found = profile_training(task, bench.datasets, steps=4)
    assert {"data", "forward_backward", "optimizer", "evaluation"} <= set(found.parts)
    assert all(seconds > 0 for seconds in found.parts.values())
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.steps == 4
    assert found.images % 4 == 0
    assert found.roofline.work.flops > 0
    assert found.images_per_second > 0
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.usefixtures("peak")
def test_a_frozen_backbone_is_not_computed_again(bench: Bench) -> None:
    found, whole = (
        profile_training(
            Task.from_json(bench.task({"model": {"trainable": which}})), bench.datasets, steps=1
        ).roofline.work
        for which in ("head", "all")
    )
    assert 0 < found.flops < whole.flops / 10


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("graph", [False, True])
def test_on_cuda_the_parts_are_those_of_the_device(bench: Bench, graph: bool) -> None:
    task = Task.from_json(dataclasses.replace(bench, device="cuda").task({"train": {"cuda_graph": graph}}))
    found = profile_training(task, bench.datasets, steps=20)
    assert all(seconds >= 0 for seconds in found.parts.values())
    assert sum(found.shares.values()) == pytest.approx(1)
    assert 0 < found.roofline.share <= 1.05


def test_the_work_is_that_of_the_step_without_compilation(bench: Bench) -> None:
    plain = Task.from_json(bench.task())
    changed = plain.recipe.model_copy(update={"train": plain.recipe.train.model_copy(update={"compile": True})})
    assert profiling._work(dataclasses.replace(plain, recipe=changed), bench.datasets).flops > 0
