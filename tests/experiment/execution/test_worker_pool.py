from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Any

import pytest
from standin_plan import standin_plan
from standin_run import is_alive, pool, workers_here

from ablation.experiment.execution.executor import Executor
from ablation.experiment.execution.fork_server import process_starter
from ablation.experiment.execution.messages import Setup
from ablation.experiment.execution.slots import Slots
from ablation.experiment.execution.worker_pool import WorkerPool, worker_environment
from ablation.experiment.store.content_store import ContentStore


def setup(root: Path, pin: bool = False) -> Setup:
    slots = Slots(root / "slots", "cpu", 2)
    return Setup(root, "witness_core", Path(__file__).parents[2] / "support", slots, pin, 0.0)


def witnessed(root: Path, threads: int, pin: bool) -> list[dict[str, Any]]:
    """What two workers saw while they did the trainings of a plan."""
    store, plan = ContentStore(root), standin_plan(variants=3, replicates=2)
    stages = {address: stage for address, stage in plan.stages.items() if stage.kind == "train"}
    with process_starter((), worker_environment(threads)) as start:
        assert not Executor(stages, store, WorkerPool(setup(root, pin), 2, start), []).run()
    return [store.outcome(address) for address in stages]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="processes cannot be bound to processors here")
def test_a_worker_computes_on_one_processor_with_one_thread(tmp_path: Path) -> None:
    allowed = os.sched_getaffinity(0)
    for seen in witnessed(tmp_path, threads=1, pin=True):
        assert len(seen["processors"]) == 1
        assert set(seen["processors"]) <= allowed
        assert seen["opencv"] == 1
        assert set(seen["blas"]) == {1}
        assert seen["environment"]["OMP_NUM_THREADS"] == "1"
        assert int(seen["environment"]["MALLOC_TRIM_THRESHOLD_"]) > 2**30
        assert seen["waiting"] >= 0
    assert os.sched_getaffinity(0) == allowed


def test_a_training_of_more_threads_has_them_and_all_processors(tmp_path: Path) -> None:
    for seen in witnessed(tmp_path, threads=2, pin=False):
        assert seen["environment"]["OMP_NUM_THREADS"] == "2"
        assert seen["processors"] in (None, sorted(os.sched_getaffinity(0)))


def test_workers_that_had_no_work_end_with_their_pool(tmp_path: Path) -> None:
    with contextlib.closing(pool(tmp_path, jobs=2)) as workers:
        assert not workers._workers
        assert len(workers.idle(5)) == 2
        assert not workers.running
        started = workers_here()
        assert len(started) == 2
        before = time.monotonic()
    assert not any(map(is_alive, started))
    assert time.monotonic() - before < 5
