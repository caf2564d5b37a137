"""A server process that has imported the modules others need, and forks a new process on each request.

Importing torch and the libraries on top of it takes six seconds of processor time, a fork some milliseconds. Forking is
safe as long as the server only imports: it has no CUDA context, and no threads but an allocator's own, which handles
forks. Unlike the one of ``multiprocessing``, this server has an environment of its own, ends with ``close``, and the
processes that it forks never import the main script. Where forking is not safe, each process is a new interpreter.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection, Pipe
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any

from ablation.experiment.execution.process import (
    ForkedProcess,
    Process,
    ProcessDiedError,
    StartProcess,
    run_target,
    spawn,
)


class ForkServer:
    """Starts processes in an environment that have their imports done.

    A module that cannot be imported raises its error later, in the process that uses it.
    """

    def __init__(self, imports: Sequence[str], environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._imports = tuple(imports)
        self._server: Process | None = None

    def warm(self) -> None:
        """Start the server now, so that it imports while the caller goes on."""
        self._running_server()

    def start(self, target: str) -> Process:
        """Fork a process once the imports are done; ``ProcessDiedError`` if the server and its replacement died."""
        for _ in range(2):
            with suppress(EOFError, OSError):  # it was killed, for instance by a system that is short of memory
                return self._forked(target)
        raise ProcessDiedError("the process that starts the others has died twice")

    def close(self) -> None:
        """End the server; the processes that it forked go on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _forked(self, target: str) -> Process:
        server = self._running_server()
        ours, theirs = Pipe()
        try:
            with theirs:
                server.connection.send(target)
                send_handle(server.connection, theirs.fileno(), server.handle.pid)
                return Process(ForkedProcess(server.connection.recv()), ours)
        except BaseException:
            self.close()  # otherwise the next call would read the answer to this request
            raise

    def _running_server(self) -> Process:
        if self._server is None:
            self._server = spawn("ablation.experiment.execution.fork_server:run_fork_server", self.environment)
            self._server.connection.send(self._imports)
        return self._server


def can_fork() -> bool:
    """Whether forking is safe here, and a process can wait for the children of another: Linux from 5.3 on."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open") or not hasattr(signal, "pidfd_send_signal"):
        return False  # some builds of Python lack them
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


@contextmanager
def process_starter(
    imports: Sequence[str], environment: Mapping[str, str], early: ForkServer | None = None
) -> Iterator[StartProcess]:
    """A function that starts processes with an environment, valid within the block; they may outlive it.

    ``early`` is a server with this environment that imports the modules already.
    """
    if early is not None:
        yield early.start
    elif not can_fork():
        yield partial(spawn, environment=environment)
    else:
        with closing(ForkServer(imports, environment)) as server:
            yield server.start


def run_fork_server(connection: Connection[Any, Any]) -> None:
    """Import, then fork a process on each request, until the parent at the other end is gone."""
    gc.disable()  # garbage collection takes a sixth of the time of the imports
    for module in connection.recv():
        with suppress(Exception):
            importlib.import_module(module)
    gc.freeze()  # otherwise the first collection in a fork would copy all shared memory
    while True:
        target, handle = connection.recv(), recv_handle(connection)
        _reap()
        if not (pid := os.fork()):
            gc.enable()
            connection.close()  # the parent must see its end of file when the server dies
            run_target(target, Connection(handle))
            return
        os.close(handle)
        connection.send(pid)


def _reap() -> None:
    """Reap the forked processes that have died; the parent already has handles of them."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
