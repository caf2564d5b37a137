"""What is said to a process that trains in company, and what it answers; needs no torch.

It is sent a ``Request``, answers ``Ready``, is sent how many steps to take, answers with a ``Reading``, and holds its
memory until it is sent anything more or the connection ends, so that each can tell how much all of them hold. In place
of any answer it may say ``Failed``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Request:
    """What is to be trained.

    Args:
        task: of a training.
        datasets: where the decoded data lie.
        import_from: folder of the user's own components.
        helpers: processes that may make batches beside it.
    """

    task: Mapping[str, Any]
    datasets: Path
    import_from: Path
    helpers: int = 0


@dataclass(frozen=True)
class Ready:
    """It is warm; a step takes so many seconds, and it waits to be sent how many to take."""

    seconds: float


@dataclass(frozen=True)
class Reading:
    """How the steps went.

    Args:
        began, ended: seconds on the machine's clock, which its processes share.
        images: trained on in between.
        digest: of all weights and running statistics after the last step, SHA-256.
        memory: share of the device's memory in use at the end, by all processes, in [0, 1]; None where the system
            cannot tell.
    """

    began: float
    ended: float
    images: int
    digest: str
    memory: float | None


@dataclass(frozen=True)
class Failed:
    """It could not train, for a reason of one line."""

    reason: str
