"""A process of our own with a connection to the one that started it: a worker, a planner, an exporter.

What it does is named by its target, ``package.module:function``; the function is given the connection and must notice
when that ends, since its parent may be killed.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any, Protocol


class ChildDiedError(Exception):
    """A process ended before it had done what it was asked for: it was killed, for want of memory perhaps."""


class Process(Protocol):
    """What a parent may do to a process, whoever is its parent in the system's eyes; see ``subprocess.Popen``."""

    pid: int

    def terminate(self) -> None: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> object:
        """Return once it is gone with all that it held.

        Raises:
            subprocess.TimeoutExpired: it is still there after so many seconds.
        """


@dataclass(frozen=True, eq=False)
class Child:
    """A process and our end of its connection."""

    process: Process
    connection: Connection[Any, Any]

    def end(self) -> None:
        """End it at once, whatever it is at."""
        self.connection.close()
        self.process.kill()
        self.process.wait()


class Start(Protocol):
    """Starts a child by its target."""

    def __call__(self, target: str) -> Child: ...


def spawn(target: str, environment: Mapping[str, str]) -> Child:
    """Start a child in a new interpreter, which imports what it needs."""
    ours, theirs = Pipe()
    # a process group of its own keeps Ctrl-C for the parent, which then ends its children in order
    process = subprocess.Popen(
        [sys.executable, "-m", "ablation.experiment.execution.process", target, str(theirs.fileno())],
        pass_fds=(theirs.fileno(),),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        process_group=0,
    )
    theirs.close()
    return Child(process, ours)


def serve(target: str, connection: Connection[Any, Any]) -> None:
    """Be the child, until its work is done or the process that wants it is gone."""
    module, _, function = target.partition(":")
    try:
        getattr(importlib.import_module(module), function)(connection)
    except (EOFError, ConnectionError):
        os._exit(1)  # at once: what has been imported may take long to take down, and complain


if __name__ == "__main__":
    serve(sys.argv[1], Connection(int(sys.argv[2])))
