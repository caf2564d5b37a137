"""A new process with a connection to the one that started it: a worker, a planner, an exporter.

It calls its target, ``package.module:function``, with the connection. The function must notice when the connection
ends, since its parent may be killed.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any


class ProcessDiedError(Exception):
    """A process ended before it had returned its result: it was killed, perhaps because memory ran out."""


class ForkedProcess:
    """A process that another one forked, controlled like a ``subprocess.Popen``."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)  # refers to this process even when its number is reused
        weakref.finalize(self, os.close, self._handle)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> None:
        if not wait([self._handle], timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)


@dataclass(frozen=True, eq=False)
class Process:
    """A process and this end of its connection."""

    handle: subprocess.Popen[bytes] | ForkedProcess
    connection: Connection[Any, Any]

    def close(self) -> None:
        """Kill it, and wait until it is gone."""
        self.connection.close()
        self.handle.kill()
        self.handle.wait()


StartProcess = Callable[[str], Process]
"""Starts a process by its target."""


def spawn(target: str, environment: Mapping[str, str]) -> Process:
    """Start a process in a new interpreter, which imports what it needs."""
    ours, theirs = Pipe()
    # in its own process group it does not receive Ctrl-C: the parent does, and ends it in order
    handle = subprocess.Popen(
        [sys.executable, "-m", "ablation.experiment.execution.process", target, str(theirs.fileno())],
        pass_fds=(theirs.fileno(),),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        process_group=0,
    )
    theirs.close()
    return Process(handle, ours)


def run_target(target: str, connection: Connection[Any, Any]) -> None:
    """Call the target in this process, until it returns or the parent is gone."""
    module, _, function = target.partition(":")
    try:
        getattr(importlib.import_module(module), function)(connection)
    except (EOFError, ConnectionError):
        os._exit(1)  # at once: imported libraries may take long to shut down, and print errors


if __name__ == "__main__":
    run_target(sys.argv[1], Connection(int(sys.argv[2])))
