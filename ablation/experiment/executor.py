"""The executor: brings every missing stage into the store, on long-lived worker processes.

A plan's stages are all known before: ``run`` does them. A study's come as its trials do: ``add`` them, ``step`` until
they are in the store, and ``stop`` those that turn out not to be worth it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Protocol

from ablation.core.stage import Stage
from ablation.experiment.messages import Assignment, Began, Ended, Epoch
from ablation.experiment.pool import Pool, Worker
from ablation.experiment.store import ContentStore

_RETRY_SECONDS = 0.2
_ATTEMPTS = 3


class Observer(Protocol):
    """Told what happens, in the parent process, in order."""

    def began(self, address: str) -> None:
        """A worker started on a stage."""

    def epoch(self, address: str, number: int, metrics: Mapping[str, float]) -> None:
        """A training finished its epoch ``number``, counted from 1."""

    def done(self, address: str) -> None:
        """A stage is in the store, whoever did it."""

    def failed(self, address: str, reason: str) -> None:
        """A stage cannot be done; those that need it are not tried."""


@dataclass
class _Job:
    """A stage that is not in the store yet; ``unwanted``: a worker is still at it, but was asked to stop."""

    stage: Stage
    unwanted: bool = False
    alone: bool = False
    lost_workers: int = 0
    not_before: float = 0.0


class Executor:
    """Drives stages to their end.

    Args:
        stages: those that are known already; see ``add``.
        store: where finished stages go.
        pool: makes worker processes.
        observers: told what happens.
    """

    def __init__(
        self, stages: Mapping[str, Stage], store: ContentStore, pool: Pool, observers: Sequence[Observer]
    ) -> None:
        self._store, self._pool, self._observers = store, pool, observers
        self._jobs: dict[str, _Job] = {}
        self._failed: dict[str, str] = {}
        self.add(stages)

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do, or to wait for."""
        return not self._jobs

    @property
    def failures(self) -> Mapping[str, str]:
        """Why stages failed, by address; those that were added again since are not among them."""
        return self._failed

    def run(self) -> Mapping[str, str]:
        """Do everything that is missing and can be done; gives the reasons of the stages that failed."""
        with contextlib.closing(self):
            while not self.idle:
                self.step()
        return self.failures

    def add(self, stages: Mapping[str, Stage]) -> None:
        """Take on stages, by address in the order they are wanted, with all that they need.

        Nothing is told of those that are in the store already, and those that are being done go on. One that failed is
        tried again, and one that was asked to stop goes on from where it stops.
        """
        # latency wants the machine for itself, so it comes last
        for address, stage in sorted(stages.items(), key=lambda each: each[1].kind == "latency"):
            self._failed.pop(address, None)
            if address in self._jobs:
                self._jobs[address].unwanted = False
            elif self._store.has(address):
                self._store.tidy(address)
            else:
                self._jobs[address] = _Job(stage, alone=stage.kind == "latency")

    def stop(self, address: str) -> None:
        """Let go of a stage that is not in the store yet; the caller stops those that need it too.

        One that no worker has is dropped. A training that runs ends with its present epoch and leaves its checkpoint;
        until then the executor is not idle. Other kinds of stages are short, and are finished. What goes wrong
        meanwhile is no failure.
        """
        worker = self._pool.doing(address)
        if worker is None:
            self._jobs.pop(address, None)
        elif address in self._jobs:
            self._jobs[address].unwanted = True
            worker.stop()

    def step(self) -> None:
        """One round: give the idle workers what is next, and hear what all have to say; at most a moment's wait."""
        self._drop_hopeless()
        self._assign()
        self._listen()

    def close(self) -> None:
        """End the workers; what they were at stays unfinished, with its last checkpoint."""
        self._pool.close()

    def _assign(self) -> None:
        wanted = min(self._pool.size, sum(not job.alone for job in self._jobs.values()) or 1)
        for worker in self._pool.idle(wanted if self._jobs else 0):
            job = self._next()
            if job is None:
                return
            worker.assign(Assignment(job.stage, job.alone))

    def _next(self) -> _Job | None:
        """The first job that could start now."""
        now, running = time.monotonic(), self._pool.running
        if any(self._jobs[address].alone for address in running if address in self._jobs):
            return None
        for address, job in self._jobs.items():
            ready = (
                address not in running and job.not_before <= now and all(map(self._store.has, job.stage.needs.values()))
            )
            if ready and not (job.alone and running):
                return job
        return None

    def _drop_hopeless(self) -> None:
        for address, job in list(self._jobs.items()):
            broken = [needed for needed in job.stage.needs.values() if needed in self._failed]
            if broken:
                self._fail(address, f"needs {broken[0]}, which failed")

    def _listen(self) -> None:
        """Handle what the workers say; waits a moment when they say nothing."""
        for ready in wait(self._pool.sources(), timeout=_RETRY_SECONDS):
            worker = self._pool.worker_of(ready)
            try:
                message = worker.connection.recv()
            except (EOFError, OSError):
                self._lost(worker)
                continue
            self._handle(message, worker)

    def _handle(self, message: Began | Epoch | Ended, worker: Worker) -> None:
        if isinstance(message, Began):
            for observer in self._observers:
                observer.began(message.address)
        elif isinstance(message, Epoch):
            for observer in self._observers:
                observer.epoch(message.address, message.number, message.metrics)
        else:
            worker.address = None
            self._ended(message)

    def _ended(self, message: Ended) -> None:
        job = self._jobs[message.address]
        if message.how == "done":
            del self._jobs[message.address]
            for observer in self._observers:
                observer.done(message.address)
        elif job.unwanted:
            del self._jobs[message.address]
        elif message.how in ("busy", "stopped"):  # another process does it; it was wanted again after all
            job.not_before = time.monotonic() + _RETRY_SECONDS
        elif message.how == "out of memory" and not job.alone:
            job.alone = True
        elif message.how == "out of memory":
            advice = "out of memory, alone too: lower train.batch_size and raise train.accumulate by the same factor"
            self._fail(message.address, f"{message.reason}\n{advice}")  # the last line is the one that tables show
        else:
            self._fail(message.address, message.reason)

    def _lost(self, worker: Worker) -> None:
        """A worker died; its stage is tried again by a new one, a few times."""
        address = worker.address
        self._pool.discard(worker)
        if address is None or address not in self._jobs:
            return
        job = self._jobs[address]
        job.lost_workers += 1
        if job.unwanted:
            del self._jobs[address]
        elif job.lost_workers == _ATTEMPTS:
            self._fail(address, f"{_ATTEMPTS} worker processes died on it (out of memory?)")

    def _fail(self, address: str, reason: str) -> None:
        del self._jobs[address]
        self._failed[address] = reason
        self._store.fail(address, reason)
        for observer in self._observers:
            observer.failed(address, reason)
