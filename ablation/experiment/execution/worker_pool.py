"""Worker processes: started when first needed, kept, replaced when they die, gone when their parent is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from ablation.experiment.execution.messages import Assignment, Setup, Stop
from ablation.experiment.execution.process import Process, Start

_STOP_SECONDS = 5


@dataclass(eq=False)
class Worker:
    """A worker process and the address of the stage it does, if any."""

    process: Process
    connection: Connection[Any, Any]
    address: str | None = None

    def assign(self, assignment: Assignment) -> None:
        """Give an idle worker a stage."""
        self.address = assignment.stage.address
        self._send(assignment)

    def stop(self) -> None:
        """Ask for the end of the stage at its next epoch; it may be done by then."""
        if self.address is not None:
            self._send(Stop(self.address))

    def _send(self, message: Assignment | Stop) -> None:
        with suppress(OSError):  # it died; the parent reads its end of file next
            self.connection.send(message)


class Pool:
    """At most ``size`` workers.

    Args:
        setup: of each.
        start: starts them; see ``environment``.
    """

    def __init__(self, setup: Setup, size: int, start: Start) -> None:
        self.size = size
        self._setup, self._start = setup, start
        self._workers: list[Worker] = []

    @property
    def running(self) -> set[str]:
        """Addresses of the stages that workers hold."""
        return {worker.address for worker in self._workers if worker.address is not None}

    def doing(self, address: str) -> Worker | None:
        """The worker that holds a stage, if one does."""
        return next((worker for worker in self._workers if worker.address == address), None)

    def idle(self, wanted: int) -> list[Worker]:
        """The idle workers, once there are ``wanted`` workers in all."""
        while len(self._workers) < min(wanted, self.size):
            self._workers.append(self._started())
        return [worker for worker in self._workers if worker.address is None]

    def sources(self) -> list[Connection[Any, Any]]:
        """The connections on which workers speak."""
        return [worker.connection for worker in self._workers]

    def worker_of(self, connection: object) -> Worker:
        return next(worker for worker in self._workers if worker.connection is connection)

    def discard(self, worker: Worker) -> None:
        """Forget a worker that died."""
        worker.connection.close()
        worker.process.kill()
        worker.process.wait()
        self._workers.remove(worker)

    def close(self) -> None:
        """End all workers: idle ones by themselves, busy ones by signal; their locks are free when this returns."""
        for worker in self._workers:
            if worker.address is not None:
                worker.process.terminate()
            worker.connection.close()
        for worker in self._workers:
            try:
                worker.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
        self._workers.clear()

    def _started(self) -> Worker:
        child = self._start("ablation.experiment.execution.worker:main")
        with suppress(OSError):  # it died; the parent reads its end of file next
            child.connection.send(self._setup)
        return Worker(child.process, child.connection)


def environment(threads: int) -> dict[str, str]:
    """The parent's environment with bounded threads and an allocator that keeps its memory.

    glibc gives large buffers back to the system after each step and asks for them again at the next; raised
    thresholds keep them. cuBLAS needs its workspace fixed before deterministic mode is used.
    """
    count = str(threads)
    defaults = {
        "MALLOC_MMAP_THRESHOLD_": "1073741824",
        "MALLOC_TRIM_THRESHOLD_": "4294967296",
        "MALLOC_TOP_PAD_": "268435456",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "NO_ALBUMENTATIONS_UPDATE": "1",
    }
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
    bounds = dict.fromkeys(names, count)
    return defaults | dict(os.environ) | bounds


def threads_of(environment: Mapping[str, str]) -> int:
    """The compute threads that ``environment`` was made for."""
    return int(environment["OMP_NUM_THREADS"])
