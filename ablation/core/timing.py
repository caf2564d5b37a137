"""Where a training's time goes: seconds by kind of work, measured without waiting for the device."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import torch

TRAINING_KINDS = ("features", "data", "augmentation", "forward_backward", "optimizer")
"""The kinds of work that count as training; the others are ``setup``, ``evaluation`` and ``saving``."""


@dataclass
class WorkTimer:
    """Adds the time between two marks to the kind of work of the second mark.

    On CUDA the marks are events in the device's stream and measure the device's time: work that runs while the host is
    already further counts under its own kind, and so does the device's waiting for the host. Events are read once an
    epoch.

    Args:
        device: whose time is measured.
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
        """Add the time since the last mark, or since the timer was made, to this kind of work."""
        if self.device.type == "cuda":
            self._record(kind)
        else:
            now = time.perf_counter()
            self._seconds[kind] += now - self._last
            self._last = now

    def collect(self) -> dict[str, float]:
        """Seconds by kind since the last call of ``collect``; waits for the device."""
        if self._events:
            self._events[-1][1].synchronize()
            for (_, before), (kind, after) in pairwise(self._events):
                self._seconds[kind] += before.elapsed_time(after) / 1000
            del self._events[:-1]
        seconds = dict(self._seconds)
        self._seconds.clear()
        return seconds

    def _record(self, kind: str) -> None:
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self.device))
        self._events.append((kind, event))


def seconds_of(run: Callable[[], object], device: torch.device) -> float:
    """Seconds of a call including the work that it queues on the device, without work that was queued before."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    timer = WorkTimer(device)
    run()
    timer.mark("run")
    return timer.collect()["run"]


def add_seconds(one: Mapping[str, float], other: Mapping[str, float], sign: int = 1) -> dict[str, float]:
    """The sum of two records of seconds by kind; with ``sign`` -1 their difference."""
    return {kind: one.get(kind, 0.0) + sign * other.get(kind, 0.0) for kind in dict.fromkeys((*one, *other))}


def training_seconds(split: Mapping[str, float]) -> float:
    """Seconds of training alone, without setup, evaluation and saving."""
    return sum(split.get(kind, 0.0) for kind in TRAINING_KINDS)
