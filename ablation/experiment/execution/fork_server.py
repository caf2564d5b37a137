"""A process that has imported what others need, and forks one whenever it is asked.

Importing torch and what stands on it takes six seconds of a processor, a fork some milliseconds. Forking is safe as
long as the server does nothing but import: it has no CUDA context and no threads but an allocator's own, which knows of
forks. ``multiprocessing`` has such a server too, one for all that a process does; this one has an environment of its
own, ends when it is told to, and its children never import the script that asked for them. Where forking is not safe,
each child is a new interpreter, which imports all of it when it is started.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any

from ablation.experiment.execution.process import Child, ChildDiedError, Start, serve, spawn


class ForkServer:
    """Starts children that need not import anything.

    Args:
        imports: modules that it imports first; what cannot be imported is left to the children, who will say so.
        environment: of all its children.
    """

    def __init__(self, imports: Sequence[str], environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._imports = tuple(imports)
        self._server: Child | None = None

    def warm(self) -> None:
        """Have it import now what it will need."""
        self._opened()

    def start(self, target: str) -> Child:
        """Fork a child; waits until all is imported.

        Raises:
            ChildDiedError: the server died, and so did the one that took its place.
        """
        try:
            return self._forked(target)
        except (EOFError, OSError):  # it was killed, as by a system that is short of memory
            pass
        try:
            return self._forked(target)
        except (EOFError, OSError) as error:
            raise ChildDiedError("the process that starts the others has died twice") from error

    def close(self) -> None:
        """End the server; its children go on."""
        if self._server is not None:
            self._server.end()
            self._server = None

    def _forked(self, target: str) -> Child:
        server = self._opened()
        ours, theirs = Pipe()
        try:
            with theirs:
                server.connection.send(target)
                send_handle(server.connection, theirs.fileno(), server.process.pid)
                return Child(Forked(server.connection.recv()), ours)
        except BaseException:
            self.close()  # else an answer that nobody waited for would be taken for the next child's
            raise

    def _opened(self) -> Child:
        if self._server is None:
            self._server = spawn("ablation.experiment.execution.fork_server:main", self.environment)
            self._server.connection.send(self._imports)
        return self._server


class Forked:
    """A process that another one forked; see ``ablation.experiment.execution.process.Process``."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)  # stands for this process alone, even when its number is given to another
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


def can_fork() -> bool:
    """Whether this system forks safely, and lets a process wait for the children of another: Linux from 5.3."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open") or not hasattr(signal, "pidfd_send_signal"):
        return False  # some builds of Python lack them
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


@contextmanager
def starting(
    imports: Sequence[str], environment: Mapping[str, str], early: ForkServer | None = None
) -> Iterator[Start]:
    """What starts children with an environment, for as long as the block takes; in it they end by themselves.

    Args:
        early: a server with such an environment that imports them already.
    """
    if early is not None:
        yield early.start
    elif not can_fork():
        yield partial(spawn, environment=environment)
    else:
        with closing(ForkServer(imports, environment)) as server:
            yield server.start


def main(connection: Connection[Any, Any]) -> None:
    """Import, then fork children for the parent at the other end until it is gone."""
    gc.disable()  # looking for dead objects among those that imports make takes a sixth of their time
    for module in connection.recv():
        with suppress(Exception):
            importlib.import_module(module)
    gc.freeze()  # else the first collection in a child would copy every object that it shares
    while True:
        target, handle = connection.recv(), recv_handle(connection)
        _bury()
        if not (pid := os.fork()):
            gc.enable()
            connection.close()  # the parent must see it end with the server
            serve(target, Connection(handle))
            return
        os.close(handle)
        connection.send(pid)


def _bury() -> None:
    """Let go of the children that have died; the parent has its handles of them by now."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
