"""A new process with a connection to the one that started it: a worker, a planner, an exporter.

It calls its target, ``package.module:function``, with the connection. The function must notice when the connection
ends, since its parent may be killed.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any, Protocol


class ProcessDiedError(Exception):
    """A process ended before it had returned its result: it was killed, perhaps because memory ran out."""


class ProcessHandle(Protocol):
    """Controls a process that this one or another one started; see ``subprocess.Popen``."""

    pid: int

    def terminate(self) -> None: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> object:
        """Return once it has ended and its locks are free.

        Raises:
            subprocess.TimeoutExpired: it still runs after ``timeout`` seconds.
        """


@dataclass(frozen=True, eq=False)
class Process:
    """A process and this end of its connection."""

    handle: ProcessHandle
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
