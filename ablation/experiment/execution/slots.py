"""Machine lanes: how many stages compute at once on this machine, over all processes of this user.

A stage takes one lane for as long as it computes, so two ``ablation run`` side by side do not crowd each other out;
a latency measurement takes all of them. Lanes are locks of the operating system and are freed by death.
"""

from __future__ import annotations

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
    """Where this user's lanes lie on this machine."""
    return Path(tempfile.gettempdir()) / f"ablation-lanes-{getpass.getuser()}"


@dataclass(frozen=True)
class Lanes:
    """``count`` lanes of a kind of device (``cpu``, ``cuda-0``)."""

    folder: Path
    kind: str
    count: int

    @contextmanager
    def one(self) -> Iterator[int]:
        """Wait for a free lane, hold it, and give its number."""
        with ExitStack() as held:
            yield self._first_free(held)

    @contextmanager
    def all(self) -> Iterator[None]:
        """Hold every lane and what is beside; taken in order, so that two who want all cannot block each other."""
        with ExitStack() as held:
            for lock in (*self._locks(), self._beside()):
                held.enter_context(lock)
            yield

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Keep others from holding all, without a lane: for work that a measurement would feel."""
        with self._beside():
            yield

    def _first_free(self, held: ExitStack) -> int:
        while True:
            for number, lock in enumerate(self._locks()):
                with suppress(Timeout):
                    held.enter_context(lock.acquire(timeout=0))
                    return number
            time.sleep(_POLL_SECONDS)

    def _beside(self) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / f"{self.kind}-beside.lock")

    def _locks(self) -> list[FileLock]:
        self.folder.mkdir(parents=True, exist_ok=True)
        return [FileLock(self.folder / f"{self.kind}-{number}.lock") for number in range(self.count)]


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
