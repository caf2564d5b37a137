from __future__ import annotations

import pytest
import torch
from torch import nn

from ablation.core.profiling import roofline
from ablation.core.profiling.op_counts import Work, work_of
from ablation.core.profiling.roofline import Peak, Roofline, peak_of
from ablation.core.timing import seconds_of

CPU = torch.device("cpu")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Peaks that are measured in a few milliseconds."""
    monkeypatch.setattr(roofline, "_MATRIX", {"cpu": 128})
    monkeypatch.setattr(roofline, "_CHANNELS", {"cpu": 16})
    monkeypatch.setattr(roofline, "_MOVED", {"cpu": (2**15, 2**22)})


def test_the_floor_is_the_slower_of_arithmetic_and_traffic() -> None:
    busy = Roofline(Work(flops=100, moved={8: 10}), Peak(flops=50.0, bandwidths={8: 10.0}), seconds=4.0)
    assert (busy.flop_seconds, busy.byte_seconds, busy.floor_seconds, busy.bound) == (2.0, 1.0, 2.0, "arithmetic")
    assert (busy.share, busy.mfu) == (0.5, 0.5)
    moving = Roofline(Work(flops=100, moved={8: 30}), Peak(flops=50.0, bandwidths={8: 10.0}), seconds=4.0)
    assert (moving.floor_seconds, moving.bound, moving.share, moving.mfu) == (3.0, "memory", 0.75, 0.5)


def test_traffic_moves_at_the_rate_of_what_moves_as_much() -> None:
    peak = Peak(1.0, {16: 100.0, 64: 50.0, 256: 10.0})
    assert peak.bandwidth == 10.0
    for size, rate in ((0, 100.0), (8, 100.0), (16, 100.0), (32, 100.0), (64, 50.0), (128, 50.0), (1024, 10.0)):
        assert peak.byte_seconds({size: 1000}) == 1000 / rate
    assert peak.byte_seconds({16: 100, 256: 100}) == 1 + 10
    assert peak.byte_seconds({}) == 0


def test_an_operation_too_small_to_reach_a_rate_is_held_to_that_of_larger_ones() -> None:
    assert Peak(1.0, {16: 1.0, 64: 50.0, 256: 10.0}).byte_seconds({16: 100}) == 2.0


def test_of_two_measurements_each_peak_is_the_better_one() -> None:
    one, other = Peak(3.0, {8: 5.0, 64: 1.0}), Peak(2.0, {8: 2.0, 64: 4.0})
    assert one.best_with(other) == Peak(3.0, {8: 5.0, 64: 4.0})


def test_a_slow_device_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(roofline, "seconds_of", lambda run, device: run() or 60.0)
    assert roofline._fastest(lambda: calls.append(1), CPU) == 60.0
    assert len(calls) == 1


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_peaks_are_those_of_a_computer(dtype: torch.dtype) -> None:
    peak = peak_of(CPU, dtype)
    assert 1e8 < peak.flops < 1e15
    assert all(1e8 < rate < 1e13 for rate in peak.bandwidths.values())


def test_peaks_leave_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    roofline._product(CPU, torch.float32)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.slow
def test_nothing_is_faster_than_its_roofline() -> None:
    """A network whose tensors are larger than a cache: its share lies in (0, 1.05], and a copy's is near 1."""
    model = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1))
    images, copied = torch.randn(16, 3, 64, 64), torch.ones(2**25)
    other = torch.empty_like(copied)
    for run, least in (
        (lambda: model(images).square().mean().backward(), 0.02),
        (lambda: other.copy_(copied), 0.2),
    ):
        before = peak_of(CPU, torch.float32)
        seconds = min(seconds_of(run, CPU) for _ in range(3))
        found = Roofline(work_of(run, CPU), before.best_with(peak_of(CPU, torch.float32)), seconds)
        assert least < found.share <= 1.05
        assert 0 <= found.mfu <= found.share


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_on_cuda_what_is_still_running_is_waited_for(dtype: torch.dtype) -> None:
    device = torch.device("cuda")
    peak, large = peak_of(device, dtype), torch.ones(4096, 4096, device=device, dtype=dtype)

    def run() -> None:
        for _ in range(20):
            large @ large

    run()
    assert Roofline(work_of(run, device), peak, seconds_of(run, device)).share <= 1.05
