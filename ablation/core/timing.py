"""Where a training's time goes: seconds by kind of work, measured without waiting for the device."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch

TRAINING_KINDS = ("features", "data", "augmentation", "forward_backward", "optimizer")
"""The kinds of work that count as training; the others are ``setup``, ``evaluation`` and ``saving``."""


@dataclass
class WorkTimer:
    """Adds the time between two marks to the kind of work of the second mark.

    On CUDA the marks are events in the device's stream and measure the device's time: work that runs while the host is
    already further counts under its own kind, and so does the device's waiting for the host. Events are read once an
    epoch.
    """

    device: torch.device
    _marks: list[tuple[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mark("")

    def mark(self, kind: str) -> None:
        """Add the time since the last mark, or since the timer was made, to this kind of work."""
        if self.device.type == "cuda":
            event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
            event.record(torch.cuda.current_stream(self.device))
            self._marks.append((kind, event))
        else:
            self._marks.append((kind, time.perf_counter()))

    def collect(self) -> dict[str, float]:
        """Seconds by kind since the last call of ``collect``; waits for the device."""
        on_cuda = self.device.type == "cuda"
        if on_cuda:
            self._marks[-1][1].synchronize()
        seconds: defaultdict[str, float] = defaultdict(float)
        for (_, before), (kind, after) in pairwise(self._marks):
            seconds[kind] += before.elapsed_time(after) / 1000 if on_cuda else after - before
        del self._marks[:-1]
        return dict(seconds)


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
    """Seconds of training alone, with the features of a frozen backbone, without setup, evaluation and saving."""
    return sum(split.get(kind, 0.0) for kind in TRAINING_KINDS)
