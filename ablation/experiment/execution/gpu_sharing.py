"""Company: how many runs to train side by side on one CUDA device, by a short probe of speed, memory and equality.

A run at 32 px leaves most of a large GPU idle. Plain processes on one device take turns (time slices), so all they can
fill are the gaps that each one's host work leaves; with NVIDIA's Multi-Process Service running
(``nvidia-cuda-mps-control -d``) their kernels overlap, and more company pays. The probe measures whichever it is.

The gate comes first: a run must end bit for bit as it does alone, in deterministic mode, or there is no company.
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
"""What a step up must add to the images per second of all runs, as a fraction."""
MOST_MEMORY = 0.9
"""Share of the device's memory that all runs may hold."""

_SECONDS = 3.0
_STEPS = (10, 2000)
_PATIENCE = 600

Message = TypeVar("Message", Ready, Reading)


@dataclass(frozen=True)
class Together:
    """What a number of runs came to side by side.

    Args:
        count: of runs, >= 1.
        images_per_second: of all of them, from the first one's begin to the last one's end.
        memory: share of the device's memory in use, in [0, 1]; None where the system cannot tell.
        digests: of each run's weights at its end.
    """

    count: int
    images_per_second: float
    memory: float | None
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Company:
    """The decision.

    Args:
        count: of runs side by side, >= 1.
        reason: why no more, for the user.
        measured: what was accepted, from one run upwards.
    """

    count: int
    reason: str
    measured: tuple[Together, ...]


class ProbeError(Exception):
    """A probe came to no measurement; the text is one line."""


def side_by_side(measure: Callable[[int], Together], most: int) -> Company:
    """The largest number of runs, doubled step by step, that pays, fits and changes no result.

    Args:
        measure: a number of runs side by side; raises ``ProbeError``.
        most: runs that may be side by side at all, >= 1.
    """
    accepted: list[Together] = []
    for count in _counts(most):
        try:
            found = measure(count)
        except ProbeError as error:
            return _decided(accepted, f"{_runs(count)} could not be measured: {error}")
        objection = _objection(found, accepted)
        if objection is not None:
            return _decided(accepted or [found], objection)
        accepted.append(found)
    return _decided(accepted, f"no more than {most} may run at once")


def _counts(most: int) -> list[int]:
    """1, 2, 4, ... and ``most``."""
    return sorted({*(2**power for power in range(most.bit_length())), most})


def _objection(found: Together, accepted: list[Together]) -> str | None:
    """Why these runs should not be side by side."""
    expected = (accepted[0] if accepted else found).digests[0]
    if set(found.digests) != {expected}:
        return f"{_runs(found.count)} do not give the bits that one alone gives"
    if found.memory is not None and found.memory > MOST_MEMORY:
        return f"with {_runs(found.count)} {found.memory:.0%} of the device's memory is in use"
    if accepted:
        gain = found.images_per_second / accepted[-1].images_per_second - 1
        if not gain >= LEAST_GAIN:
            return f"{_runs(found.count)} train {gain:+.0%} images per second over {accepted[-1].count}"
    return None


def _decided(accepted: list[Together], reason: str) -> Company:
    return Company(accepted[-1].count if accepted else 1, reason, tuple(accepted))


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs side by side"


@dataclass
class Probe:
    """Measures runs side by side in processes of their own; the number of steps is settled by the first of them.

    Nothing else should use the device meanwhile.

    Args:
        request: what each of them trains.
        environment: of the processes; it fixes cuBLAS's workspace, which deterministic mode needs.
        seconds: that a run alone is measured for, about.
    """

    request: Request
    environment: Mapping[str, str]
    seconds: float = _SECONDS
    _steps: int | None = field(default=None, init=False)

    def __call__(self, count: int) -> Together:
        """Measure ``count`` runs side by side.

        Raises:
            ProbeError: one of them failed, for instance for want of memory.
        """
        with ExitStack() as held:
            runs = [held.enter_context(_process(self.environment)) for _ in range(count)]
            beside = max(0, processors() // count - 1)
            for run in runs:
                run.send(replace(self.request, helpers=beside))
            slowest = max(_heard(run, Ready).seconds for run in runs)
            if self._steps is None:
                self._steps = min(max(math.ceil(self.seconds / max(slowest, 1e-9)), _STEPS[0]), _STEPS[1])
            for run in runs:
                run.send(self._steps)
            return together([_heard(run, Reading) for run in runs])


def together(readings: list[Reading]) -> Together:
    """What the readings of runs that were side by side come to."""
    seconds = max(each.ended for each in readings) - min(each.began for each in readings)
    known = [each.memory for each in readings if each.memory is not None]
    return Together(
        count=len(readings),
        images_per_second=sum(each.images for each in readings) / seconds,
        memory=max(known, default=None),
        digests=tuple(each.digest for each in readings),
    )


@contextmanager
def _process(environment: Mapping[str, str]) -> Iterator[Connection[Any, Any]]:
    """A probing process, by the connection to it; it is ended with the block."""
    child = spawn("ablation.core.profiling.gpu_sharing_probe:serve_probe", environment)
    try:
        yield child.connection
    finally:
        child.end()


def _heard(run: Connection[Any, Any], kind: type[Message]) -> Message:
    """What a process says next."""
    try:
        said = run.recv() if run.poll(_PATIENCE) else Failed(f"nothing was heard for {_PATIENCE} seconds")
    except (EOFError, OSError):
        said = Failed("its process died")
    if isinstance(said, Failed):
        raise ProbeError(said.reason)
    assert isinstance(said, kind)
    return said
