"""Batches made ahead by processes of their own, where images are augmented one by one while a GPU trains."""

from __future__ import annotations

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

from ablation.core.input.batches import Ids

Make = Callable[[Ids, int], Tensor]
"""From the numbers of some images and the epoch to the images as they are seen in it, on the host."""

PROBED = 8
"""Batches that are made in place and timed before processes are started."""
PREFETCH = 4
"""Batches that each process may be ahead."""
NEGLIGIBLE = 0.05
"""Share of a step that the making of its batch may take before it is worth a process."""


@dataclass
class Ahead:
    """Gives batches as ``make`` does, whoever makes them.

    What an image becomes depends on its number and the epoch alone, so processes change nothing but the time. The
    first batches are made in place and timed; then as many processes start as keep up with the device.

    Args:
        make: makes a batch.
        most: processes that there may be, >= 0.
        device: that trains meanwhile.
    """

    make: Make
    most: int
    device: torch.device
    _wanted: deque[tuple[Ids, int]] = field(default_factory=deque)
    _times: list[tuple[float, float]] = field(default_factory=list)
    _loader: DataLoader[Any] | None = None
    _coming: Iterator[Any] | None = None

    def announce(self, batches: Sequence[Ids], epoch: int) -> None:
        """Say which batches will be taken next, in order; those announced before are forgotten."""
        self._wanted.clear()
        self._wanted.extend((ids, epoch) for ids in batches)
        self._send_for_them()

    def take(self, ids: Ids, epoch: int) -> Tensor:
        """A batch; one that comes in the order in which it was announced may be there already."""
        expected = bool(self._wanted) and self._wanted[0][0] is ids and self._wanted[0][1] == epoch
        if expected:
            self._wanted.popleft()
            if self._coming is not None:
                return self._next()
        return self._timed(ids, epoch) if self.most and self._loader is None else self.make(ids, epoch)

    def _next(self) -> Tensor:
        assert self._coming is not None
        made: Tensor | Exception = next(self._coming)
        if isinstance(made, Exception):
            self._loader = self._coming = None  # ends the processes now: the traceback keeps this object
            raise made
        return made

    def _timed(self, ids: Ids, epoch: int) -> Tensor:
        began = self._now()
        made = self.make(ids, epoch)
        self._times.append((began, self._now()))
        if len(self._times) == PROBED:
            self.most = workers_for(*_making_and_between(self._times), self.most)
            self._start()
        return made

    def _start(self) -> None:
        if self.most:
            self._loader = DataLoader(
                _Made(self.make),
                batch_size=None,
                sampler=_Wanted(self._wanted),
                num_workers=self.most,
                prefetch_factor=PREFETCH,
                persistent_workers=True,
                pin_memory=self.device.type == "cuda",
                multiprocessing_context="fork",  # shares the images and the pipeline without pickling them
                generator=torch.Generator(),  # its own draw of a seed must not move the training's
            )
            self._send_for_them()

    def _send_for_them(self) -> None:
        if self._loader is not None:
            self._coming = iter(self._loader)

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()


def workers_for(making: float, between: float, most: int) -> int:
    """Processes that keep up with the device; none where making batches hardly takes time.

    Args:
        making: seconds that a batch takes to make.
        between: seconds that the device takes for one, > 0.
        most: processes that there may be, >= 0.
    """
    return 0 if making <= NEGLIGIBLE * between else min(most, math.ceil(making / between) + 1)


def _making_and_between(times: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Median seconds in which batches were made, and between them."""
    making = statistics.median(ended - began for began, ended in times)
    return making, statistics.median(after - ended for (_, ended), (after, _) in pairwise(times))


class _Wanted(Sampler[Any]):
    """The batches that are still to come, each with its epoch.

    It holds the queue and not its owner: in a reference cycle, the garbage collector closes the queues to the
    processes before it ends the loader, which then waits five seconds for each process.
    """

    def __init__(self, wanted: deque[tuple[Ids, int]]) -> None:
        self._wanted = wanted

    def __iter__(self) -> Iterator[tuple[Ids, int]]:
        return iter(list(self._wanted))


class _Made(Dataset[Any]):
    """Batches by number and epoch, or what went wrong with one: raised there, it would come as a mere text."""

    def __init__(self, make: Make) -> None:
        self._make = make

    def __getitem__(self, item: Any) -> Tensor | Exception:
        try:
            return self._make(*item)
        except Exception as error:
            return error
