"""Messages between the process that measures GPU sharing and its probes; imports no torch.

A probe receives a ``Request``, answers ``Ready``, receives the number of steps to take, and answers with a ``Reading``.
It keeps its memory until it receives another message or the connection ends, so that every probe can measure the memory
of all of them. Instead of any answer it may send ``Failed``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Request:
    """The training to run, for a ``ConstantRun``; ``import_from`` is the folder of the user's own components."""

    task: Mapping[str, Any]
    datasets: Path
    import_from: Path
    helpers: int = 0


@dataclass(frozen=True)
class Ready:
    """The probe has warmed up; a step takes ``seconds``, and it waits for the number of steps."""

    seconds: float


@dataclass(frozen=True)
class Reading:
    """The measurements of the steps.

    Args:
        began, ended: seconds on the machine's clock, which its processes share.
        images: number of images trained on.
        digest: of all weights and running statistics after the last step, SHA-256.
        memory: share of the GPU's memory in use at the end, by all processes, in [0, 1]; None on the CPU.
    """

    began: float
    ended: float
    images: int
    digest: str
    memory: float | None


@dataclass(frozen=True)
class Failed:
    """The probe could not train; ``reason`` is one line."""

    reason: str
