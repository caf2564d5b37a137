"""Slots of the machine: how many stages compute at once on this machine, over all processes of this user.

A stage holds one slot while it computes, so two ``ablation run`` side by side do not overload the machine; a latency
measurement holds all of them. Slots are file locks, which the operating system frees when a process dies.
"""

import getpass
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

_POLL_SECONDS = 0.05


def machine_folder() -> Path:
    """The folder of this user's slots on this machine; older versions use the same name."""
    return Path(tempfile.gettempdir()) / f"ablation-lanes-{getpass.getuser()}"


@dataclass(frozen=True)
class Slots:
    """``count`` slots of a kind of device (``cpu``, ``cuda-0``)."""

    folder: Path
    kind: str
    count: int

    @contextmanager
    def one(self) -> Iterator[int]:
        """Wait for a free slot, hold it, and yield its number."""
        with ExitStack() as stack:
            yield self._first_free(stack)

    @contextmanager
    def all(self) -> Iterator[None]:
        """Hold every slot and the ``beside`` lock; taken in order, so that two callers cannot block each other."""
        with ExitStack() as stack:
            for lock in (*map(self._lock, range(self.count)), self.beside()):
                stack.enter_context(lock)
            yield

    def beside(self) -> FileLock:
        """A lock that keeps others from holding all slots, for work that would disturb a measurement."""
        return self._lock("beside")

    def _first_free(self, stack: ExitStack) -> int:
        while True:
            for number in range(self.count):
                with suppress(Timeout):
                    stack.enter_context(self._lock(number).acquire(timeout=0))
                    return number
            time.sleep(_POLL_SECONDS)

    def _lock(self, name: int | str) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / f"{self.kind}-{name}.lock")


@contextmanager
def pinned(number: int | None) -> Iterator[None]:
    """Bind this process to one of the processors it may use (None: to all of them), restored after the block."""
    if number is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(allowed)[number % len(allowed)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
