"""The executor: computes every stage that is missing from the store, on long-lived worker processes.

For a plan, whose stages are all there from the start, call ``run``. For a study, ``add`` the stages of each trial, call
``step`` until they are in the store, and ``stop`` those of trials that are pruned.
"""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Protocol

from ablation.experiment.execution.messages import Assignment, StageBegan, StageEnded, StageEpoch
from ablation.experiment.execution.ready_queue import ReadyQueue, StageJob
from ablation.experiment.execution.worker_pool import Worker, WorkerPool
from ablation.experiment.store.content_store import ContentStore
from ablation.stage import DEATHS, Stage

_RETRY_SECONDS = 0.2
_ATTEMPTS = 3
_LESS_MEMORY = "lower train.batch_size and raise train.accumulate by the same factor"


class Observer(Protocol):
    """Receives the events of an executor, in the parent process and in order."""

    def began(self, address: str) -> None:
        """A worker started on a stage."""

    def epoch(self, address: str, number: int, metrics: Mapping[str, float]) -> None:
        """A training finished its epoch ``number``, counted from 1."""

    def done(self, address: str) -> None:
        """A stage is in the store, computed by this process or another."""

    def failed(self, address: str, reason: str) -> None:
        """A stage failed; the stages that need it are not tried."""


class Executor:
    """Computes stages on a pool of workers; ``stages`` are the first ones, see ``add``."""

    def __init__(
        self, stages: Mapping[str, Stage], store: ContentStore, pool: WorkerPool, observers: Sequence[Observer]
    ) -> None:
        self._store, self._pool, self._observers = store, pool, list(observers)
        self._queue = ReadyQueue()
        self._failed: dict[str, str] = {}
        self.add(stages)

    @property
    def idle(self) -> bool:
        """Whether no stage is left to compute or to wait for."""
        return not self._queue

    @property
    def failures(self) -> Mapping[str, str]:
        """The reason of each failed stage, by address; without those that were added again since."""
        return self._failed

    def run(self) -> Mapping[str, str]:
        """Compute every missing stage whose inputs can be computed; returns ``failures``."""
        with contextlib.closing(self):
            while not self.idle:
                self.step()
        return self.failures

    def add(self, stages: Mapping[str, Stage]) -> None:
        """Add stages by address, in order of priority, together with all stages that they need.

        Stages that are in the store raise no event, and running ones go on. A stage that failed is tried again, and one
        that was stopped is resumed.
        """
        new, leftovers = {}, self._store.leftovers()
        # a latency measurement needs the whole machine, so it comes last
        for address, stage in sorted(stages.items(), key=lambda item: item[1].kind == "latency"):
            self._failed.pop(address, None)
            if address in self._queue:
                self._queue[address].stopping = False
            elif not self._store.has(address):
                new[address] = stage
            elif address in leftovers:
                self._store.tidy(address)
        self._queue.add(new)

    def stop(self, address: str) -> None:
        """Stop a stage that is not in the store yet; the caller also stops the stages that need it.

        A running training ends after its current epoch and leaves its checkpoint; until then the executor is not idle.
        Running stages of other kinds are short and are finished. An error in a stopped stage is not a failure.
        """
        worker = self._pool.doing(address)
        if address not in self._queue:
            return
        if worker is None:
            self._queue.drop(address)
        else:
            self._queue[address].stopping = True
            worker.stop()

    def step(self) -> None:
        """Assign stages to the idle workers and handle the workers' messages; waits for at most .2 s."""
        self._assign()
        for worker in self._pool.ready(_RETRY_SECONDS):
            try:
                message = worker.connection.recv()
            except (EOFError, OSError):
                self._replace(worker)
            else:
                self._handle(message, worker)

    def close(self) -> None:
        """End the workers; stages that they compute stay unfinished, with their last checkpoint."""
        self._pool.close()

    def _assign(self) -> None:
        if self.idle:
            return
        for worker in self._pool.idle(min(self._pool.size, self._queue.together or 1)):
            job = self._next()
            if job is None:
                return
            worker.assign(Assignment(job.stage, job.alone))

    def _next(self) -> StageJob | None:
        """The first job that could start now."""
        running = self._pool.running
        if any(self._queue[address].alone for address in running if address in self._queue):
            return None
        while job := self._queue.take(others_run=bool(running)):
            needs = job.stage.needs.values()
            if broken := next((needed for needed in needs if needed in self._failed), None):
                self._fail(job.stage.address, _input_failed(broken))
            elif all(map(self._store.has, needs)):
                return job
            else:
                self._queue.postpone(job, _RETRY_SECONDS)
        return None

    def _handle(self, message: StageBegan | StageEpoch | StageEnded, worker: Worker) -> None:
        if isinstance(message, StageBegan):
            for observer in self._observers:
                observer.began(message.address)
        elif isinstance(message, StageEpoch):
            for observer in self._observers:
                observer.epoch(message.address, message.number, message.metrics)
        else:
            worker.address = None
            self._handle_end(message)

    def _handle_end(self, message: StageEnded) -> None:
        address, job = message.address, self._queue[message.address]
        if message.how == "done":
            self._queue.done(address)
            for observer in self._observers:
                observer.done(address)
        elif job.stopping:
            self._queue.drop(address)
        elif message.how in ("busy", "stopped"):  # another process computes it, or it was added again after the stop
            self._queue.postpone(job, _RETRY_SECONDS)
        elif message.how == "failed":
            self._fail(address, message.reason)
        elif not job.alone:  # out of memory
            self._queue.isolate(job)
            self._queue.offer(job)
        else:  # tables show the last line
            self._fail(address, f"{message.reason}\nout of memory, alone too: {_LESS_MEMORY}")

    def _replace(self, worker: Worker) -> None:
        """Discard a worker that died; a new one tries its stage again, up to ``_ATTEMPTS`` attempts in all."""
        address = worker.address
        self._pool.discard(worker)
        if address is None or address not in self._queue:
            return
        job = self._queue[address]
        job.lost_workers += 1
        if job.stopping:
            self._queue.drop(address)
        elif job.lost_workers == _ATTEMPTS:
            self._fail(address, f"{_ATTEMPTS} {DEATHS}; if memory is short, {_LESS_MEMORY}")
        else:
            self._queue.offer(job)

    def _fail(self, address: str, reason: str) -> None:
        """Mark a stage, and all that wait for it, as failed."""
        waiting = self._queue.fail(address)
        self._failed[address] = reason
        self._store.fail(address, reason)
        for observer in self._observers:
            observer.failed(address, reason)
        for dependent in waiting:
            if dependent in self._queue:  # it may have failed already, because of another one
                self._fail(dependent, _input_failed(address))


def _input_failed(needed: str) -> str:
    return f"needs {needed}, which failed"
