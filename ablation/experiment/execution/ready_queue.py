"""The ready queue of an executor: finds the next job that can start without a search through all jobs."""

import heapq
import itertools
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ablation.stage import Stage


@dataclass(eq=False)
class StageJob:
    """A stage that is not in the store yet.

    Args:
        number: its place in the order of priority.
        stopping: whether a worker that still computes it was told to stop.
        lost_workers: number of workers that died while they computed it.
        missing: addresses of the jobs that it waits for.
    """

    stage: Stage
    number: int
    alone: bool
    stopping: bool = False
    lost_workers: int = 0
    missing: set[str] = field(default_factory=set)


class ReadyQueue:
    """Jobs by address. Each waits for other jobs, for a time, or for a worker, or is running.

    Finding the next job, or removing one, takes O(log n) of the number of jobs.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, StageJob] = {}
        self._waiting: dict[str, set[str]] = defaultdict(set)
        self._ready: dict[bool, list[tuple[int, str]]] = {False: [], True: []}
        self._later: list[tuple[float, int, str]] = []
        self._numbers = itertools.count()
        self._alone = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, address: str) -> bool:
        return address in self._jobs

    def __getitem__(self, address: str) -> StageJob:
        return self._jobs[address]

    @property
    def together(self) -> int:
        """Number of jobs that can run beside others."""
        return len(self._jobs) - self._alone

    def add(self, stages: Mapping[str, Stage]) -> None:
        """Add stages in order of priority; their inputs are among them, in the queue already, or in the store."""
        new = [StageJob(stage, next(self._numbers), alone=stage.kind == "latency") for stage in stages.values()]
        for job in new:
            self._jobs[job.stage.address] = job
            self._alone += job.alone
        for job in new:
            job.missing = {need for need in job.stage.needs.values() if need in self._jobs}
            for need in job.missing:
                self._waiting[need].add(job.stage.address)
            if not job.missing:
                self.offer(job)

    def offer(self, job: StageJob) -> None:
        """Make a job ready, for the first time or again."""
        heapq.heappush(self._ready[job.alone], (job.number, job.stage.address))

    def postpone(self, job: StageJob, seconds: float) -> None:
        """Make a job ready again after some seconds."""
        heapq.heappush(self._later, (time.monotonic() + seconds, job.number, job.stage.address))

    def isolate(self, job: StageJob) -> None:
        """Let a job run alone from now on."""
        self._alone += not job.alone
        job.alone = True

    def take(self, others_run: bool) -> StageJob | None:
        """Take the first ready job, None if there is none; one that runs alone only if no other job runs."""
        self._recall_postponed()
        heaps = [self._ready[alone] for alone in (False, True) if not (alone and others_run)]
        filled = [heap for heap in heaps if self._cleared(heap)]
        return self._jobs[heapq.heappop(min(filled))[1]] if filled else None

    def done(self, address: str) -> None:
        """Remove a job whose stage is in the store; jobs that waited only for it become ready."""
        self.drop(address)
        for job in self._dependants(address):
            job.missing.discard(address)
            if not job.missing:
                self.offer(job)

    def drop(self, address: str) -> None:
        """Remove a job."""
        self._alone -= self._jobs.pop(address).alone

    def fail(self, address: str) -> tuple[str, ...]:
        """Remove a job; returns the addresses of the jobs in the queue that waited for it."""
        self.drop(address)
        return tuple(job.stage.address for job in self._dependants(address))

    def _dependants(self, address: str) -> list[StageJob]:
        """The jobs that wait for a job, in order; forgets that they do."""
        jobs = (self._jobs[waiting] for waiting in self._waiting.pop(address, ()) if waiting in self._jobs)
        return sorted((job for job in jobs if address in job.missing), key=lambda job: job.number)

    def _recall_postponed(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            _, number, address = heapq.heappop(self._later)
            if self._is_current(number, address):
                self.offer(self._jobs[address])

    def _cleared(self, heap: list[tuple[int, str]]) -> bool:
        """Remove jobs on top of the heap that were dropped meanwhile; returns whether a job is left."""
        while heap and not self._is_current(*heap[0]):
            heapq.heappop(heap)
        return bool(heap)

    def _is_current(self, number: int, address: str) -> bool:
        return address in self._jobs and self._jobs[address].number == number
