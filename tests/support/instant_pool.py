"""A pool in this process whose workers end each stage as soon as they are given it, for the executor's own work."""

from __future__ import annotations

from multiprocessing.connection import Connection, Pipe, wait
from typing import Any

from ablation.experiment.execution.messages import Assignment, StageBegan, StageEnded


class CountingStore:
    """What the executor asks of a store, kept in memory; counts the questions."""

    def __init__(self) -> None:
        self.finished: set[str] = set()
        self.failures: dict[str, str] = {}
        self.questions = 0

    def has(self, address: str) -> bool:
        self.questions += 1
        return address in self.finished

    def leftovers(self) -> set[str]:
        return set()

    def fail(self, address: str, reason: str) -> None:
        self.failures[address] = reason


class InstantWorker:
    """Says that it began and ended, and has the stage in the store."""

    def __init__(self, store: CountingStore, order: list[str]) -> None:
        self.connection: Connection[Any, Any]
        self.connection, self._theirs = Pipe()
        self.address: str | None = None
        self._store, self._order = store, order

    def assign(self, assignment: Assignment) -> None:
        self.address = assignment.stage.address
        self._order.append(self.address)
        self._store.finished.add(self.address)
        self._theirs.send(StageBegan(self.address))
        self._theirs.send(StageEnded(self.address, "done"))


class InstantPool:
    """Stands in for ``ablation.experiment.execution.worker_pool.WorkerPool``.

    ``order`` has the stages as they were given out.
    """

    def __init__(self, store: CountingStore, size: int = 2) -> None:
        self.size, self.order = size, list[str]()
        self._workers = [InstantWorker(store, self.order) for _ in range(size)]

    @property
    def running(self) -> set[str]:
        return {worker.address for worker in self._workers if worker.address is not None}

    def doing(self, address: str) -> InstantWorker | None:
        return next((worker for worker in self._workers if worker.address == address), None)

    def idle(self, wanted: int) -> list[InstantWorker]:
        return [worker for worker in self._workers if worker.address is None]

    def ready(self, timeout: float) -> list[InstantWorker]:
        ready = wait([worker.connection for worker in self._workers], timeout)
        return [worker for worker in self._workers if worker.connection in ready]

    def close(self) -> None:
        for worker in self._workers:
            worker.connection.close()
            worker._theirs.close()
