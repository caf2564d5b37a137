"""The executor: brings every missing stage into the store, on long-lived worker processes.

A plan's stages are all known before: ``run`` does them. A study's come as its trials do: ``add`` them, ``step`` until
they are in the store, and ``stop`` those that turn out not to be worth it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from multiprocessing.connection import wait
from typing import Protocol

from ablation.experiment.execution.messages import Assignment, Began, Ended, Epoch
from ablation.experiment.execution.ready_queue import Agenda, Job
from ablation.experiment.execution.worker_pool import Pool, Worker
from ablation.experiment.store.content_store import ContentStore
from ablation.stage import DEATHS, Stage

_RETRY_SECONDS = 0.2
_ATTEMPTS = 3
_LESS_MEMORY = "lower train.batch_size and raise train.accumulate by the same factor"


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
        self._store, self._pool, self._observers = store, pool, list(observers)
        self._agenda = Agenda()
        self._failed: dict[str, str] = {}
        self.add(stages)

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do, or to wait for."""
        return not self._agenda

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
        new, leftovers = {}, self._store.leftovers()
        # latency wants the machine for itself, so it comes last
        for address, stage in sorted(stages.items(), key=lambda each: each[1].kind == "latency"):
            self._failed.pop(address, None)
            if address in self._agenda:
                self._agenda[address].unwanted = False
            elif not self._store.has(address):
                new[address] = stage
            elif address in leftovers:
                self._store.tidy(address)
        self._agenda.add(new)

    def stop(self, address: str) -> None:
        """Let go of a stage that is not in the store yet; the caller stops those that need it too.

        One that no worker has is dropped. A training that runs ends with its present epoch and leaves its checkpoint;
        until then the executor is not idle. Other kinds of stages are short, and are finished. What goes wrong
        meanwhile is no failure.
        """
        worker = self._pool.doing(address)
        if address not in self._agenda:
            return
        if worker is None:
            self._agenda.drop(address)
        else:
            self._agenda[address].unwanted = True
            worker.stop()

    def step(self) -> None:
        """One round: give the idle workers what is next, and hear what all have to say; at most a moment's wait."""
        self._assign()
        self._listen()

    def close(self) -> None:
        """End the workers; what they were at stays unfinished, with its last checkpoint."""
        self._pool.close()

    def _assign(self) -> None:
        if self.idle:
            return
        for worker in self._pool.idle(min(self._pool.size, self._agenda.together or 1)):
            job = self._next()
            if job is None:
                return
            worker.assign(Assignment(job.stage, job.alone))

    def _next(self) -> Job | None:
        """The first job that could start now."""
        running = self._pool.running
        if any(self._agenda[address].alone for address in running if address in self._agenda):
            return None
        while job := self._agenda.take(others_run=bool(running)):
            needs = job.stage.needs.values()
            if broken := next((needed for needed in needs if needed in self._failed), None):
                self._fail(job.stage.address, _hopeless(broken))
            elif all(map(self._store.has, needs)):
                return job
            else:
                self._agenda.postpone(job, _RETRY_SECONDS)
        return None

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
        address, job = message.address, self._agenda[message.address]
        if message.how == "done":
            self._agenda.done(address)
            for observer in self._observers:
                observer.done(address)
        elif job.unwanted:
            self._agenda.drop(address)
        elif message.how in ("busy", "stopped"):  # another process does it; it was wanted again after all
            self._agenda.postpone(job, _RETRY_SECONDS)
        elif message.how == "out of memory" and not job.alone:
            self._agenda.isolate(job)
            self._agenda.offer(job)
        elif message.how == "out of memory":
            advice = f"out of memory, alone too: {_LESS_MEMORY}"
            self._fail(address, f"{message.reason}\n{advice}")  # the last line is the one that tables show
        else:
            self._fail(address, message.reason)

    def _lost(self, worker: Worker) -> None:
        """A worker died; its stage is tried again by a new one, a few times."""
        address = worker.address
        self._pool.discard(worker)
        if address is None or address not in self._agenda:
            return
        job = self._agenda[address]
        job.lost_workers += 1
        if job.unwanted:
            self._agenda.drop(address)
        elif job.lost_workers == _ATTEMPTS:
            self._fail(address, f"{_ATTEMPTS} {DEATHS}; if memory is short, {_LESS_MEMORY}")
        else:
            self._agenda.offer(job)

    def _fail(self, address: str, reason: str) -> None:
        """Give a stage up, and those that wait for it."""
        hopeless = self._agenda.fail(address)
        self._failed[address] = reason
        self._store.fail(address, reason)
        for observer in self._observers:
            observer.failed(address, reason)
        for each in hopeless:
            if each in self._agenda:  # it may wait for one of the others too
                self._fail(each, _hopeless(address))


def _hopeless(needed: str) -> str:
    return f"needs {needed}, which failed"
