"""Who works on a trial, and whether they still live."""

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
"""Attribute of a running trial: who works on it."""

BEAT_SECONDS = 30.0
"""How often a worker says that it lives."""

SILENT_SECONDS = 120.0
"""A worker of another machine that was silent for longer is dead; clocks may differ by less than the rest."""


@dataclass(frozen=True)
class TrialWorker:
    """A process that takes trials.

    Args:
        identity: no other process's.
        host: its machine, for people.
        boot: of its machine's kernel, where it has one to tell; equal boots see each other's locks.
        lock: file that it holds as long as it lives.
    """

    identity: str
    host: str
    boot: str
    lock: str

    @classmethod
    def here(cls, root: Path) -> TrialWorker:
        """This process, with a lock below ``root`` that is still to be held."""
        identity = uuid.uuid4().hex[:12]
        lock = root.absolute() / "locks" / f"tuner-{identity}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        return cls(identity, socket.gethostname(), _boot(), str(lock))

    def mark(self) -> dict[str, Any]:
        """What a trial says of its worker, now."""
        return {**vars(self), "pid": os.getpid(), "beat": time.time()}


def is_dead(mark: Mapping[str, Any] | None) -> bool:
    """Whether a trial's worker has gone, by the mark that it left; True where it left none.

    On this machine the lock says so at once. Where the lock cannot be seen (another machine, another container), the
    last beat does.
    """
    if mark is None:
        return True
    lock = Path(mark["lock"])
    if mark["boot"] == _boot() and lock.exists():
        return _free(lock)
    return time.time() - float(mark["beat"]) > SILENT_SECONDS


def _free(lock: Path) -> bool:
    probe = FileLock(lock)
    with suppress(Timeout), probe.acquire(timeout=0):
        return True
    return False


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return socket.gethostname()
