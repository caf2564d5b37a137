from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from ablation.core.profiling.gpu_sharing_messages import Reading, Request
from ablation.experiment.execution.gpu_sharing import (
    LEAST_GAIN,
    MOST_MEMORY,
    ProbeError,
    SharedRuns,
    SharingProbe,
    decide_sharing,
    shared_runs_of,
)


def rates(**found: float) -> Callable[[int], SharedRuns]:
    """Runs whose images per second are known by their number, in words of one letter: ``_2=150``."""
    return lambda count: SharedRuns(count, found[f"_{count}"], None, ("same",) * count)


def test_gpu_sharing_grows_while_it_pays() -> None:
    found = decide_sharing(rates(_1=100, _2=190, _4=300, _8=310), most=16)
    assert found.count == 4
    assert found.reason == "8 runs side by side train +3% images per second over 4"
    assert [each.count for each in found.measured] == [1, 2, 4]


def test_gpu_sharing_that_only_takes_turns_is_none() -> None:
    found = decide_sharing(rates(_1=100, _2=98), most=8)
    assert found.count == 1
    assert "-2%" in found.reason


def test_gpu_sharing_ends_at_what_is_allowed() -> None:
    found = decide_sharing(rates(_1=100, _2=200, _4=400, _6=600), most=6)
    assert found.count == 6
    assert found.reason == "no more than 6 may run at once"


def test_one_run_alone_is_no_more_than_itself() -> None:
    assert decide_sharing(rates(_1=100), most=1).count == 1


def test_gpu_sharing_that_does_not_fit_is_left_out() -> None:
    found = decide_sharing(lambda count: SharedRuns(count, count * 100, 0.3 * count, ("same",) * count), most=8)
    assert found.count == 2
    assert found.reason == "with 4 runs side by side 120% of the device's memory is in use"


def test_gpu_sharing_that_changes_a_result_is_left_out() -> None:
    found = decide_sharing(lambda count: SharedRuns(count, count * 100, 0.1, ("same", "other")[:count]), most=8)
    assert found.count == 1
    assert found.reason == "2 runs side by side do not give the bits that one alone gives"


def test_gpu_sharing_whose_runs_agree_but_not_with_one_alone_is_left_out() -> None:
    found = decide_sharing(lambda count: SharedRuns(count, count * 100, 0.1, (f"of {count}",) * count), most=8)
    assert found.count == 1


def test_gpu_sharing_that_fails_is_left_out_and_reported() -> None:
    def measure(count: int) -> SharedRuns:
        if count == 4:
            raise ProbeError("OutOfMemoryError: tried to allocate 2 GiB")
        return SharedRuns(count, count * 100, 0.1, ("same",) * count)

    found = decide_sharing(measure, most=8)
    assert found.count == 2
    assert found.reason == "4 runs side by side could not be measured: OutOfMemoryError: tried to allocate 2 GiB"


def test_a_run_alone_that_cannot_be_measured_is_still_run() -> None:
    def measure(count: int) -> SharedRuns:
        raise ProbeError("its process died")

    assert decide_sharing(measure, most=8).count == 1


MEASURED = st.lists(
    st.tuples(
        st.floats(0, 1e6, exclude_min=True) | st.just(float("nan")),
        st.none() | st.floats(0, 1.2),
        st.sampled_from(["same", "other"]),
    ),
    min_size=9,
    max_size=9,
)


@given(MEASURED, st.integers(1, 9))
def test_whatever_is_measured_gpu_sharing_is_allowed_pays_fits_and_changes_nothing(
    measured: list[tuple[float, float | None, str]], most: int
) -> None:
    asked = []

    def measure(count: int) -> SharedRuns:
        asked.append(count)
        rate, memory, last = measured[count - 1]
        return SharedRuns(count, rate, memory, ("same",) * (count - 1) + (last,))

    found = decide_sharing(measure, most)
    assert 1 <= found.count <= most
    assert asked == sorted(set(asked))
    assert asked[-1] <= most
    if found.measured:
        assert found.count == found.measured[-1].count
    alone = found.measured[0].digests[0] if found.measured else ""
    for less, more in zip(found.measured, found.measured[1:], strict=False):
        assert more.images_per_second / less.images_per_second - 1 >= LEAST_GAIN
        assert more.memory is None or more.memory <= MOST_MEMORY
        assert set(more.digests) == {alone}


def test_runs_together_are_timed_from_the_first_begin_to_the_last_end() -> None:
    found = shared_runs_of([Reading(10.0, 12.0, 300, "a", 0.2), Reading(11.0, 14.0, 300, "b", 0.3)])
    assert found == SharedRuns(2, 150.0, 0.3, ("a", "b"))
    assert shared_runs_of([Reading(0.0, 1.0, 5, "a", None)]).memory is None


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.of(tmp_path, tmp_path / "datasets")


def probe(bench: Bench, task: dict[str, object] | None = None) -> SharingProbe:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
    return SharingProbe(Request(task or bench.task(), bench.datasets, bench.folder), environment, seconds=0.2)


@pytest.mark.slow
def test_two_processes_of_one_thread_give_the_bits_of_one_alone(bench: Bench) -> None:
    measure = probe(bench)
    alone, both = measure(1), measure(2)
    assert len(both.digests) == 2
    assert set(both.digests) == set(alone.digests)
    assert min(alone.images_per_second, both.images_per_second) > 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_cuda_gpu_sharing_gives_the_bits_of_one_alone_and_reports_what_memory_it_takes(bench: Bench) -> None:
    patch = {"model": {"head": {"dropout": 0.3}}, "augment": {"name": "basic"}}
    cuda = dataclasses.replace(bench, device="cuda")
    found = decide_sharing(probe(cuda, cuda.task(patch)), most=2)
    assert "do not give the bits" not in found.reason
    assert "could not be measured" not in found.reason
    assert all(each.memory is not None and 0 < each.memory < 1 for each in found.measured)


@pytest.mark.slow
def test_a_process_that_fails_says_why(bench: Bench) -> None:
    task = bench.task() | {"device": "cuda:99"}
    with pytest.raises(ProbeError, match="Error"):
        probe(bench, task)(1)
