from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from bench import Bench

from ablation.core.profiling.dry_run import WARM_UP_STEPS, DryRun, seconds_per_image
from ablation.core.task import Task
from ablation.core.timing import seconds_of
from ablation.core.training.setup import Training


def dry_run(bench: Bench, **patch: Any) -> DryRun:
    return DryRun(Task.from_json(bench.task(patch)), bench.datasets)


def test_the_number_of_steps_is_right_and_all_have_the_same_size(bench: Bench) -> None:
    found = dry_run(bench, train={"batch_size": 13})
    assert [found.run(1) for _ in range(2 * found.steps_in_epoch)] == [13] * 2 * found.steps_in_epoch
    assert found.run(7) == 7 * 13


def test_an_accumulated_step_has_all_its_batches(bench: Bench) -> None:
    assert dry_run(bench, train={"batch_size": 8, "accumulate": 2}).run(3) == 3 * 16


def test_a_training_of_one_batch_an_epoch_goes_on(bench: Bench) -> None:
    found = dry_run(bench, train={"batch_size": 512})
    assert found.steps_in_epoch == 1
    assert found.run(3) == 3 * found.run(1)


@pytest.mark.parametrize("schedule", ["onecycle", "plateau", "cosine"])
def test_no_schedule_ends_it(bench: Bench, schedule: str) -> None:
    assert dry_run(bench, schedule={"name": schedule}, train={"epochs": 1}).run(30) == 30 * 16


def test_starting_weights_are_not_loaded(bench: Bench) -> None:
    assert dry_run(bench, model={"backbone": "resnet18", "weights": "IMAGENET1K_V1"}).steps_in_epoch > 0


def test_its_steps_are_those_of_a_training(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []
    usual = Training.batch

    def spied(self: Training, ids: np.ndarray, *rest: int) -> tuple[torch.Tensor, torch.Tensor]:
        seen.append(ids)
        return usual(self, ids, *rest)

    monkeypatch.setattr(Training, "batch", spied)
    dry_run(bench).run(2)
    expected = bench.training().steps_of(0)[:2]
    assert all(np.array_equal(ours, theirs) for ours, (theirs,) in zip(seen, expected, strict=True))


def test_the_time_is_split_by_kind_of_work_and_adds_up(bench: Bench) -> None:
    found = dry_run(bench, augment={"name": "basic"})
    found.run(3)
    took: list[tuple[int, dict[str, float]]] = []
    whole = seconds_of(lambda: took.append(found.timed(10)), torch.device("cpu"))
    images, seconds = took[0]
    assert images == 160
    assert set(seconds) == {"data", "augmentation", "forward_backward", "optimizer"}
    assert min(seconds.values()) > 0
    assert 0.5 * whole < sum(seconds.values()) <= whole


def test_what_is_paid_once_is_the_start_without_its_steps(bench: Bench) -> None:
    begun = DryRun.warm(Task.from_json(bench.task()), bench.datasets)
    assert begun.setup_seconds(0.0) == begun.start_seconds > 0
    assert begun.seconds(5) > 0
    assert begun.evaluation_seconds() > 0
    begun.start_seconds = 5.0
    assert begun.setup_seconds(1.0) == 5.0 - WARM_UP_STEPS["cpu"]
    assert begun.setup_seconds(10.0) == 0


def test_an_estimate_gives_seconds_and_keeps_nothing(bench: Bench) -> None:
    torch.manual_seed(1)
    before, files = torch.get_rng_state(), sorted(bench.folder.rglob("*"))
    assert 0 < seconds_per_image(bench.task({"augment": {"name": "basic"}}), bench.datasets) < 1
    assert torch.equal(torch.get_rng_state(), before)
    assert sorted(bench.folder.rglob("*")) == files


def test_an_estimate_of_a_single_step_gives_seconds_too(bench: Bench) -> None:
    assert seconds_per_image(bench.task({"train": {"batch_size": 512}}), bench.datasets) > 0


def test_an_estimate_does_not_load_starting_weights(bench: Bench) -> None:
    task = bench.task({"model": {"backbone": "resnet18", "weights": "IMAGENET1K_V1"}})
    assert seconds_per_image(task, bench.datasets) > 0
