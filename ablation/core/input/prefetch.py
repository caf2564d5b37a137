"""Prefetching: processes make batches while a GPU trains, where images are augmented one by one."""

import math
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from ablation.recipe.data.pool import Ids

Make = Callable[[Ids, int], Tensor]
"""Takes the ids of some images and the epoch, and returns the augmented images on the host."""

PROBED = 8
"""Batches that the training process makes and times before it starts other processes."""
PREFETCH = 4
"""Batches that each process may prefetch."""
NEGLIGIBLE = 0.05
"""Share of a step below which the time to make a batch is not worth a process."""


@dataclass
class Prefetcher:
    """Returns the batches that ``make`` makes, prefetched by at most ``most`` (>= 0) other processes.

    An augmented image depends on its id and the epoch alone, so processes change the speed and no result. The first
    batches are made and timed in the training process; then as many processes start as keep up with the device.
    """

    make: Make
    most: int
    device: torch.device
    _announced: deque[tuple[Ids, int]] = field(default_factory=deque)
    _times: list[tuple[float, float]] = field(default_factory=list)
    _loader: DataLoader[Any] | None = None
    _prefetched: Iterator[Any] | None = None

    def announce(self, batches: Sequence[Ids], epoch: int) -> None:
        """Announce the next batches in order; earlier announcements are dropped."""
        self._announced.clear()
        self._announced.extend((ids, epoch) for ids in batches)
        self._prefetch()

    def take(self, ids: Ids, epoch: int) -> Tensor:
        """A batch; it may be prefetched if batches are taken in the order in which they were announced."""
        if self._announced and self._announced[0][0] is ids and self._announced[0][1] == epoch:
            self._announced.popleft()
            if self._prefetched is not None:
                return self._next()
        return self._timed(ids, epoch) if self.most and self._loader is None else self.make(ids, epoch)

    def _next(self) -> Tensor:
        assert self._prefetched is not None  # a local name for it would keep the processes alive after an error
        batch: Tensor | Exception = next(self._prefetched)
        if isinstance(batch, Exception):
            self._loader = self._prefetched = None  # ends the processes now, while the traceback keeps this object
            raise batch
        return batch

    def _timed(self, ids: Ids, epoch: int) -> Tensor:
        began = self._now()
        batch = self.make(ids, epoch)
        self._times.append((began, self._now()))
        if len(self._times) == PROBED:
            self.most = workers_for(*_making_and_between(self._times), self.most)
            self._start()
        return batch

    def _start(self) -> None:
        if self.most:
            self._loader = DataLoader(
                _MadeBatches(self.make),
                batch_size=None,
                sampler=_Announced(self._announced),
                num_workers=self.most,
                prefetch_factor=PREFETCH,
                persistent_workers=True,
                pin_memory=self.device.type == "cuda",
                multiprocessing_context="fork",  # shares the images and the pipeline without pickling them
                generator=torch.Generator(),  # a seed that it draws must not advance the training's generator
            )
            self._prefetch()

    def _prefetch(self) -> None:
        if self._loader is not None:
            self._prefetched = iter(self._loader)

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()


def workers_for(making: float, between: float, most: int) -> int:
    """Number of processes, at most ``most``, that keep up with the device; 0 where ``making`` is negligible.

    Args:
        making: seconds to make a batch.
        between: seconds of the device for a batch, > 0.
    """
    return 0 if making <= NEGLIGIBLE * between else min(most, math.ceil(making / between) + 1)


def _making_and_between(times: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Median seconds to make a batch, and median seconds from one batch to the next."""
    making = statistics.median(ended - began for began, ended in times)
    return making, statistics.median(after - ended for (_, ended), (after, _) in pairwise(times))


class _Announced(Sampler[Any]):
    """The announced batches that are not taken yet, each with its epoch.

    It references the queue and not the ``Prefetcher``: in a reference cycle the garbage collector closes the queues to
    the processes before it ends the loader, which then waits five seconds for each process.
    """

    def __init__(self, announced: deque[tuple[Ids, int]]) -> None:
        self._announced = announced

    def __iter__(self) -> Iterator[tuple[Ids, int]]:
        return iter(list(self._announced))


class _MadeBatches(Dataset[Any]):
    """Batches by ids and epoch; an exception is returned, since a raised one would arrive as text."""

    def __init__(self, make: Make) -> None:
        self._make = make

    def __getitem__(self, item: Any) -> Tensor | Exception:
        try:
            return self._make(*item)
        except Exception as error:
            return error
