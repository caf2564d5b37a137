from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from bench import Bench

from ablation.core.training import peak_memory
from ablation.core.training.peak_memory import PeakMemory

CPU = torch.device("cpu")
SIZE = 64

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")


def spent(megabytes: int) -> None:
    """Have that much in use for a moment."""
    torch.ones(megabytes * peak_memory.MEGABYTE // 4)


@on_linux
def test_the_peak_counts_what_was_given_back_since() -> None:
    measure = PeakMemory.from_now(CPU)
    before = measure.megabytes
    spent(SIZE)
    assert before is not None
    assert measure.megabytes == pytest.approx(before + SIZE, abs=8)


@on_linux
def test_a_new_measure_forgets_the_peak_before_it() -> None:
    earlier = PeakMemory.from_now(CPU)
    spent(SIZE)
    high, now = earlier.megabytes, PeakMemory.from_now(CPU).megabytes
    assert high is not None
    assert now is not None
    assert now < high - SIZE / 2


def test_where_the_system_reports_no_peak_there_is_no_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(peak_memory, "_PROCESS", tmp_path / "none")
    assert PeakMemory.from_now(CPU).megabytes is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_on_cuda_the_peak_is_that_of_the_tensors() -> None:
    device = torch.device("cuda")
    measure = PeakMemory.from_now(device)
    before = measure.megabytes
    torch.ones(SIZE * peak_memory.MEGABYTE // 4, device=device)
    assert before is not None
    assert measure.megabytes == before + SIZE
    assert PeakMemory.from_now(device).megabytes == before


def test_an_outcome_has_the_peak_memory_and_the_speed(bench: Bench) -> None:
    outcome = bench.train("measured").outcome
    assert outcome["images_per_second"] == outcome["images"] / outcome["seconds"]
    if sys.platform == "linux":
        assert 50 < outcome["peak_memory_mb"] < 100_000
