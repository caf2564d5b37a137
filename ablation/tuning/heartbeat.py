"""Which process works on a trial, and whether it is still alive."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

WORKER_ATTRIBUTE = "worker"
"""User attribute of a running trial: the process that works on it."""

BEAT_SECONDS = 30.0
"""Interval at which a worker renews its mark."""

_SILENT_SECONDS = 120.0
"""A worker on another machine whose mark is older counts as dead; allows for clocks that differ by 90 s."""


@dataclass(frozen=True)
class TrialWorker:
    """A process that takes trials.

    Args:
        identity: unique to the process.
        host: name of its machine, for people.
        boot: boot ID of its machine's kernel, or the host name; processes of equal boot IDs see each other's locks.
        lock: path of the lock file that it holds while it lives.
    """

    identity: str
    host: str
    boot: str
    lock: str

    @classmethod
    def here(cls, root: Path) -> TrialWorker:
        """This process, with the path of a lock below ``root``; the caller acquires the lock."""
        identity = uuid.uuid4().hex[:12]
        lock = root.absolute() / "locks" / f"tuner-{identity}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        return cls(identity, socket.gethostname(), _boot(), str(lock))

    def mark(self) -> dict[str, Any]:
        """The mark to leave on a trial now: the worker, its process ID and the time."""
        return {**vars(self), "pid": os.getpid(), "beat": time.time()}


def is_dead(mark: Mapping[str, Any] | None) -> bool:
    """Whether a trial's worker is dead, by its mark; True if there is none.

    The lock of a dead worker on this machine is free at once. If the lock cannot be seen (another machine or
    container), the age of the mark decides.
    """
    if mark is None:
        return True
    lock = Path(mark["lock"])
    if mark["boot"] == _boot() and lock.exists():
        with suppress(Timeout), FileLock(lock).acquire(timeout=0):
            return True
        return False
    return time.time() - float(mark["beat"]) > _SILENT_SECONDS


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return socket.gethostname()
