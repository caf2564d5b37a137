"""GPU sharing: how many runs to train side by side on one CUDA device, by a short probe of speed, memory and equality.

A run at 32 px leaves most of a large GPU idle. Plain processes on one device take turns (time slices), so they only
fill the gaps in which each one works on the host; under NVIDIA's Multi-Process Service
(``nvidia-cuda-mps-control -d``) their kernels overlap, and more runs side by side pay off. The probe measures
whichever is the case.

Equality is checked first: side by side, a run in deterministic mode must end bit for bit as it does alone; otherwise
the GPU is not shared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
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

_SECONDS = 3.0
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
    """How many runs share the GPU.

    Args:
        count: of runs side by side, >= 1.
        reason: why not more, as text for the user.
        measured: the accepted numbers of runs, from one run upwards.
    """

    count: int
    reason: str
    measured: tuple[SharedRuns, ...]


class ProbeError(Exception):
    """A probe could not measure; the message is one line."""


def decide_sharing(measure: Callable[[int], SharedRuns], most: int) -> SharingDecision:
    """The largest number of runs, doubled step by step, that is faster, fits in memory and changes no result.

    Args:
        measure: measures a number of runs side by side; raises ``ProbeError``.
        most: runs that may be side by side at all, >= 1.
    """
    accepted: list[SharedRuns] = []
    for count in _counts(most):
        try:
            runs = measure(count)
        except ProbeError as error:
            return _decided(accepted, f"{_runs(count)} could not be measured: {error}")
        objection = _objection(runs, accepted)
        if objection is not None:
            return _decided(accepted or [runs], objection)
        accepted.append(runs)
    return _decided(accepted, f"no more than {most} may run at once")


def _counts(most: int) -> list[int]:
    """1, 2, 4, ... and ``most``."""
    return sorted({*(2**power for power in range(most.bit_length())), most})


def _objection(runs: SharedRuns, accepted: list[SharedRuns]) -> str | None:
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


def _decided(accepted: list[SharedRuns], reason: str) -> SharingDecision:
    return SharingDecision(accepted[-1].count if accepted else 1, reason, tuple(accepted))


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs side by side"


@dataclass
class SharingProbe:
    """Measures runs side by side, each in its own process; the first measurement sets the number of steps.

    Nothing else should use the device meanwhile.

    Args:
        request: what each run trains.
        environment: of the processes; it fixes cuBLAS's workspace, which deterministic mode needs.
        seconds: for which a run alone is measured, approximately.
    """

    request: Request
    environment: Mapping[str, str]
    seconds: float = _SECONDS
    _steps: int | None = field(default=None, init=False)

    def __call__(self, count: int) -> SharedRuns:
        """Measure ``count`` runs side by side.

        Raises:
            ProbeError: one of them failed, for instance out of memory.
        """
        with ExitStack() as stack:
            runs = [stack.enter_context(_process(self.environment)) for _ in range(count)]
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
    """The readings of runs that were side by side, put together."""
    seconds = max(each.ended for each in readings) - min(each.began for each in readings)
    memory = [each.memory for each in readings if each.memory is not None]
    return SharedRuns(
        count=len(readings),
        images_per_second=sum(each.images for each in readings) / seconds,
        memory=max(memory, default=None),
        digests=tuple(each.digest for each in readings),
    )


@contextmanager
def _process(environment: Mapping[str, str]) -> Iterator[Connection[Any, Any]]:
    """The connection to a new probing process, which ends with the block."""
    process = spawn("ablation.core.profiling.gpu_sharing_probe:serve_probe", environment)
    try:
        yield process.connection
    finally:
        process.end()


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
