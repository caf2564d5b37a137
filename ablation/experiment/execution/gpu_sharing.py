"""GPU sharing: how many runs to train side by side on one CUDA device, by a short probe of speed, memory and equality.

A run at 32 px leaves most of a large GPU idle. Plain processes on one device take turns (time slices), so they only
fill the gaps in which each one works on the host; under NVIDIA's Multi-Process Service
(``nvidia-cuda-mps-control -d``) their kernels overlap, and more runs side by side pay off. Equality is checked first:
side by side, a run in deterministic mode must end bit for bit as it does alone; otherwise the GPU is not shared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from ablation.core.profiling.gpu_sharing_messages import Failed, Reading, Ready, Request
from ablation.core.profiling.processors import processors
from ablation.experiment.execution.process import spawn

LEAST_GAIN = 0.1
"""Least gain in images per second, over all runs, for which more runs share the GPU; a fraction."""
MOST_MEMORY = 0.9
"""Share of the device's memory that all runs together may use."""

_TARGET = "ablation.core.profiling.gpu_sharing_probe:serve_probe"
_STEPS = (10, 2000)
_PATIENCE = 600

Message = TypeVar("Message", Ready, Reading)


@dataclass(frozen=True)
class SharedRuns:
    """Measurements of a number of runs side by side.

    Args:
        count: of runs, >= 1.
        images_per_second: of all of them, from the start of the first to the end of the last.
        memory: share of the device's memory in use, in [0, 1]; None where the system cannot tell.
        digests: of the final weights of each run.
    """

    count: int
    images_per_second: float
    memory: float | None
    digests: tuple[str, ...]


@dataclass(frozen=True)
class SharingDecision:
    """How many runs share the GPU: what was accepted, from one run upwards, and why not more, as text for the user."""

    measured: tuple[SharedRuns, ...]
    reason: str

    @property
    def count(self) -> int:
        """Number of runs side by side, >= 1."""
        return self.measured[-1].count if self.measured else 1


class ProbeError(Exception):
    """A probe could not measure; the message is one line."""


def decide_sharing(measure: Callable[[int], SharedRuns], most: int) -> SharingDecision:
    """The largest number of runs, doubled step by step up to ``most``, that is faster, fits and changes no result.

    ``measure`` measures a number of runs side by side, or raises ``ProbeError``.
    """
    accepted: tuple[SharedRuns, ...] = ()
    for count in sorted({*(2**power for power in range(most.bit_length())), most}):
        try:
            runs = measure(count)
        except ProbeError as error:
            return SharingDecision(accepted, f"{_runs(count)} could not be measured: {error}")
        if (objection := _objection(runs, accepted)) is not None:
            return SharingDecision(accepted or (runs,), objection)
        accepted = (*accepted, runs)
    return SharingDecision(accepted, f"no more than {most} may run at once")


def _objection(runs: SharedRuns, accepted: tuple[SharedRuns, ...]) -> str | None:
    """Why these runs should not share the GPU; None if they may."""
    expected = (accepted[0] if accepted else runs).digests[0]
    if set(runs.digests) != {expected}:
        return f"{_runs(runs.count)} do not give the bits that one alone gives"
    if runs.memory is not None and runs.memory > MOST_MEMORY:
        return f"with {_runs(runs.count)} {runs.memory:.0%} of the device's memory is in use"
    if accepted:
        gain = runs.images_per_second / accepted[-1].images_per_second - 1
        if not gain >= LEAST_GAIN:
            return f"{_runs(runs.count)} train {gain:+.0%} images per second over {accepted[-1].count}"
    return None


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs side by side"


@dataclass
class SharingProbe:
    """Measures runs side by side, each in its own process; the first measurement sets the number of steps.

    Nothing else should use the device meanwhile.

    Args:
        environment: of the processes; it fixes cuBLAS's workspace, which deterministic mode needs.
        seconds: for which a run alone is measured, approximately.
    """

    request: Request
    environment: Mapping[str, str]
    seconds: float = 3.0
    _steps: int | None = field(default=None, init=False)

    def __call__(self, count: int) -> SharedRuns:
        """Measure ``count`` runs side by side; raises ``ProbeError`` if one of them failed, as when out of memory."""
        with ExitStack() as stack:
            processes = [stack.enter_context(closing(spawn(_TARGET, self.environment))) for _ in range(count)]
            runs = [process.connection for process in processes]
            helpers = max(0, processors() // count - 1)
            for run in runs:
                run.send(replace(self.request, helpers=helpers))
            slowest = max(_received(run, Ready).seconds for run in runs)
            if self._steps is None:
                self._steps = min(max(math.ceil(self.seconds / max(slowest, 1e-9)), _STEPS[0]), _STEPS[1])
            for run in runs:
                run.send(self._steps)
            return shared_runs_of([_received(run, Reading) for run in runs])


def shared_runs_of(readings: list[Reading]) -> SharedRuns:
    """The measurements of runs that were side by side, from the reading of each."""
    seconds = max(reading.ended for reading in readings) - min(reading.began for reading in readings)
    memory = [reading.memory for reading in readings if reading.memory is not None]
    speed = sum(reading.images for reading in readings) / seconds
    return SharedRuns(len(readings), speed, max(memory, default=None), tuple(reading.digest for reading in readings))


def _received(run: Connection[Any, Any], kind: type[Message]) -> Message:
    """The next message of a process."""
    try:
        message = run.recv() if run.poll(_PATIENCE) else Failed(f"it sent nothing for {_PATIENCE} seconds")
    except (EOFError, OSError):
        message = Failed("its process died")
    if isinstance(message, Failed):
        raise ProbeError(message.reason)
    assert isinstance(message, kind)
    return message
