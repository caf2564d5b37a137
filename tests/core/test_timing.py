from __future__ import annotations

import time

import pytest
import torch
from bench import Bench

from ablation.core.timing import TRAINING_KINDS, WorkTimer, add_seconds, seconds_of, training_seconds

CPU = torch.device("cpu")


def test_time_counts_as_what_the_next_mark_says(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([10.0, 11.0, 13.0, 13.5])
    monkeypatch.setattr(time, "perf_counter", lambda: next(now))
    timer = WorkTimer(CPU)
    for kind in ("data", "optimizer", "data"):
        timer.mark(kind)
    assert timer.collect() == {"data": 1.5, "optimizer": 2.0}
    assert timer.collect() == {}


def test_the_seconds_of_a_wait_are_those_waited() -> None:
    assert 0.02 <= seconds_of(lambda: time.sleep(0.02), torch.device("cpu")) < 0.2


def test_sums_and_differences_are_by_kind() -> None:
    assert add_seconds({"a": 1.0, "b": 2.0}, {"b": 1.0, "c": 4.0}) == {"a": 1.0, "b": 3.0, "c": 4.0}
    assert add_seconds({"a": 1.0, "b": 2.0}, {"b": 1.5}, sign=-1) == {"a": 1.0, "b": 0.5}
    assert training_seconds({"setup": 8.0, "data": 1.0, "optimizer": 0.5, "evaluation": 4.0}) == 1.5


def test_a_trainings_seconds_by_kind_add_up_to_its_time(bench: Bench) -> None:
    began = time.perf_counter()
    trained = bench.train("a", {"augment": {"name": "basic"}, "train": {"epochs": 3}})
    wall = time.perf_counter() - began
    split = trained.outcome["time"]
    assert set(split) == {"setup", "evaluation", "saving", *TRAINING_KINDS} - {"features"}
    assert min(split.values()) > 0
    assert sum(split.values()) <= wall
    assert trained.outcome["seconds"] == pytest.approx(training_seconds(split))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_cuda_work_counts_where_the_device_does_it() -> None:
    device = torch.device("cuda")
    large = torch.rand(8192, 8192, device=device)
    large @ large
    torch.cuda.synchronize()
    timer = WorkTimer(device)
    for _ in range(20):
        large @ large
    timer.mark("forward_backward")  # the host comes here long before the device is done
    timer.mark("optimizer")
    split = timer.collect()
    assert split["forward_backward"] > 10 * split["optimizer"]
