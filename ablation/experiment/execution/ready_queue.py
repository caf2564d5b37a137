"""The agenda of an executor: which jobs could start now, found without looking through all of them."""

from __future__ import annotations

import heapq
import itertools
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ablation.stage import Stage


@dataclass(eq=False)
class Job:
    """A stage that is not in the store yet.

    Args:
        number: its place in the order in which jobs are wanted.
        alone: whether it wants the machine for itself.
        unwanted: a worker is still at it, but was asked to stop.
        lost_workers: how many died on it.
        missing: the jobs that it waits for.
    """

    stage: Stage
    number: int
    alone: bool
    unwanted: bool = False
    lost_workers: int = 0
    missing: set[str] = field(default_factory=set)


class Agenda:
    """Jobs by address, each of which waits for others, for a moment, for a worker, or is being done.

    What it costs to ask for the next job, or to take one off, does not depend on how many there are.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._waiting: dict[str, set[str]] = defaultdict(set)
        self._ready: dict[bool, list[tuple[int, str]]] = {False: [], True: []}
        self._later: list[tuple[float, int, str]] = []
        self._numbers = itertools.count()
        self._alone = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, address: str) -> bool:
        return address in self._jobs

    def __getitem__(self, address: str) -> Job:
        return self._jobs[address]

    @property
    def together(self) -> int:
        """How many jobs need not be alone."""
        return len(self._jobs) - self._alone

    def add(self, stages: Mapping[str, Stage]) -> None:
        """Take on stages in this order; what they need is among them, here already, or in the store."""
        new = [Job(stage, next(self._numbers), alone=stage.kind == "latency") for stage in stages.values()]
        for job in new:
            self._jobs[job.stage.address] = job
            self._alone += job.alone
        for job in new:
            job.missing = {need for need in job.stage.needs.values() if need in self._jobs}
            for need in job.missing:
                self._waiting[need].add(job.stage.address)
            if not job.missing:
                self.offer(job)

    def offer(self, job: Job) -> None:
        """Let a job be taken, again."""
        heapq.heappush(self._ready[job.alone], (job.number, job.stage.address))

    def postpone(self, job: Job, seconds: float) -> None:
        """Let a job be taken again, but not before some time has passed."""
        heapq.heappush(self._later, (time.monotonic() + seconds, job.number, job.stage.address))

    def isolate(self, job: Job) -> None:
        """Have a job done alone."""
        self._alone += not job.alone
        job.alone = True

    def take(self, others_run: bool) -> Job | None:
        """The first job that could start now, which is then no longer offered; one to be done alone if none runs."""
        self._recall_postponed()
        heaps = [self._ready[alone] for alone in (False, True) if not (alone and others_run)]
        filled = [heap for heap in heaps if self._cleared(heap)]
        return self._jobs[heapq.heappop(min(filled))[1]] if filled else None

    def done(self, address: str) -> None:
        """Take off a job whose stage is in the store; those that waited for it alone may start."""
        self.drop(address)
        for job in self._dependants(address):
            job.missing.discard(address)
            if not job.missing:
                self.offer(job)

    def drop(self, address: str) -> None:
        """Take off a job."""
        self._alone -= self._jobs.pop(address).alone

    def fail(self, address: str) -> tuple[str, ...]:
        """Take off a job; tells the addresses of those that waited for it and are still here."""
        self.drop(address)
        return tuple(job.stage.address for job in self._dependants(address))

    def _dependants(self, address: str) -> list[Job]:
        """Those that wait for a job, in their order; from now on none does."""
        jobs = (self._jobs[each] for each in self._waiting.pop(address, ()) if each in self._jobs)
        return sorted((job for job in jobs if address in job.missing), key=lambda job: job.number)

    def _recall_postponed(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            _, number, address = heapq.heappop(self._later)
            if self._is_current(number, address):
                self.offer(self._jobs[address])

    def _cleared(self, heap: list[tuple[int, str]]) -> bool:
        """Whether the heap has a job, once those on top of it that were dropped meanwhile are gone."""
        while heap and not self._is_current(*heap[0]):
            heapq.heappop(heap)
        return bool(heap)

    def _is_current(self, number: int, address: str) -> bool:
        return address in self._jobs and self._jobs[address].number == number
