"""A pool of worker processes: started when first needed, replaced when they die, ended with their parent."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from ablation.experiment.execution.messages import Assignment, Setup, Stop
from ablation.experiment.execution.process import Process, StartProcess

_STOP_SECONDS = 5


@dataclass(eq=False)
class Worker:
    """A worker process, and the address of the stage that it computes, if any."""

    process: Process
    address: str | None = None

    @property
    def connection(self) -> Connection[Any, Any]:
        return self.process.connection

    def assign(self, assignment: Assignment) -> None:
        """Assign a stage to an idle worker."""
        self.address = assignment.stage.address
        self._send(assignment)

    def stop(self) -> None:
        """Tell the worker to end its stage after the current epoch; it may be finished by then."""
        if self.address is not None:
            self._send(Stop(self.address))

    def _send(self, message: Assignment | Stop) -> None:
        with suppress(OSError):  # it died; the parent will read an end of file
            self.connection.send(message)


class WorkerPool:
    """At most ``size`` workers; ``start`` gives them the environment of ``worker_environment``."""

    def __init__(self, setup: Setup, size: int, start: StartProcess) -> None:
        self.size = size
        self._setup, self._start = setup, start
        self._workers: list[Worker] = []

    @property
    def running(self) -> set[str]:
        """Addresses of the stages that workers compute."""
        return {worker.address for worker in self._workers if worker.address is not None}

    def doing(self, address: str) -> Worker | None:
        """The worker that computes a stage, or None."""
        return next((worker for worker in self._workers if worker.address == address), None)

    def idle(self, count: int) -> list[Worker]:
        """Start workers up to ``count`` in all; returns the idle ones."""
        while len(self._workers) < min(count, self.size):
            self._workers.append(self._started())
        return [worker for worker in self._workers if worker.address is None]

    def ready(self, timeout: float) -> list[Worker]:
        """Wait up to ``timeout`` seconds; returns the workers that have sent a message or died."""
        ready = wait([worker.connection for worker in self._workers], timeout)
        return [worker for worker in self._workers if worker.connection in ready]

    def discard(self, worker: Worker) -> None:
        """Forget a worker that died."""
        worker.process.close()
        self._workers.remove(worker)

    def close(self) -> None:
        """End all workers, busy ones by a signal; their locks are free when this returns."""
        for worker in self._workers:
            if worker.address is not None:
                worker.process.handle.terminate()
            worker.connection.close()
        for worker in self._workers:
            try:
                worker.process.handle.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                worker.process.close()
        self._workers.clear()

    def _started(self) -> Worker:
        process = self._start("ablation.experiment.execution.worker:run_worker")
        with suppress(OSError):  # it died; the parent will read an end of file
            process.connection.send(self._setup)
        return Worker(process)


def worker_environment(threads: int) -> dict[str, str]:
    """The parent's environment with bounded threads and an allocator that keeps its memory.

    glibc returns large buffers to the system after each step and allocates them again in the next; raised thresholds
    keep them. cuBLAS needs its workspace fixed before deterministic mode is used.
    """
    defaults = {
        "MALLOC_MMAP_THRESHOLD_": "1073741824",
        "MALLOC_TRIM_THRESHOLD_": "4294967296",
        "MALLOC_TOP_PAD_": "268435456",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "NO_ALBUMENTATIONS_UPDATE": "1",
    }
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
    return defaults | dict(os.environ) | dict.fromkeys(names, str(threads))
