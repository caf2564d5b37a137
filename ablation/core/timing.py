"""Where a training's time goes: seconds by kind of work, measured without holding the device up."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import torch

TRAINING = ("features", "data", "augmentation", "forward_backward", "optimizer")
"""The kinds that a training's cost is made of; the others are ``setup``, ``evaluation`` and ``saving``."""


@dataclass
class Clock:
    """Attributes the time between two marks to the second one's kind of work.

    On CUDA the marks are events in the device's stream, so work that the device does while the host is ahead counts
    where it is done, and waiting for the host where the device waits; they are read once an epoch.

    Args:
        device: that works.
    """

    device: torch.device
    _seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _events: list[tuple[str, torch.cuda.Event]] = field(default_factory=list)
    _last: float = 0.0

    def __post_init__(self) -> None:
        if self.device.type == "cuda":
            self._record("")
        else:
            self._last = time.perf_counter()

    def mark(self, kind: str) -> None:
        """Count the time since the last mark, or since the clock was made, as this kind of work."""
        if self.device.type == "cuda":
            self._record(kind)
        else:
            now = time.perf_counter()
            self._seconds[kind] += now - self._last
            self._last = now

    def collect(self) -> dict[str, float]:
        """The seconds by kind since the last time that they were collected; waits for the device."""
        if self._events:
            self._events[-1][1].synchronize()
            for (_, before), (kind, after) in pairwise(self._events):
                self._seconds[kind] += before.elapsed_time(after) / 1000
            del self._events[:-1]
        found = dict(self._seconds)
        self._seconds.clear()
        return found

    def _record(self, kind: str) -> None:
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self.device))
        self._events.append((kind, event))


def added(one: Mapping[str, float], other: Mapping[str, float], sign: int = 1) -> dict[str, float]:
    """Seconds by kind, of both together; with ``sign`` -1 of the first without the second."""
    return {kind: one.get(kind, 0.0) + sign * other.get(kind, 0.0) for kind in dict.fromkeys((*one, *other))}


def training_seconds(split: Mapping[str, float]) -> float:
    """What training itself took, without setting up, evaluation and saving."""
    return sum(split.get(kind, 0.0) for kind in TRAINING)
