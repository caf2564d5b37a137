"""Function calls in a new process, while this process goes on or waits."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from ablation.errors import UserError
from ablation.experiment.execution.process import ProcessDiedError, StartProcess

Result = TypeVar("Result")


class SubprocessCall(Generic[Result]):
    """A function call in a new process, pickled like what it returns or raises; ``close`` kills the process."""

    def __init__(self, start: StartProcess, call: Callable[[], Result]) -> None:
        self._process = start("ablation.experiment.execution.subprocess_call:answer_call")
        with suppress(OSError):  # it died, and ``result`` raises
            self._process.connection.send(call)

    def result(self) -> Result:
        """Wait for the call and return what it returns; to be called once.

        Raises:
            ProcessDiedError: the process died.
            Exception: what the call raised; RuntimeError for a type that is neither Python's nor this package's.
        """
        try:
            returned, result = self._process.connection.recv()
        except (EOFError, OSError):
            raise ProcessDiedError("a process that was to help has died (out of memory?)") from None
        if returned:
            return result  # type: ignore[no-any-return]
        raise result

    def close(self) -> None:
        self._process.close()


def call_in_subprocess(start: StartProcess, call: Callable[[], Result]) -> Result:
    """Return or raise what a call in a new process does; see ``SubprocessCall``."""
    with closing(SubprocessCall(start, call)) as running:
        return running.result()


def answer_call(connection: Connection[Any, Any]) -> None:
    """The target of the new process: receive the call, make it, and send what came of it."""
    call = connection.recv()
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    try:
        answer = True, call()
    except Exception as error:
        answer = False, _portable(error)
    sys.stdout.flush()
    connection.send(answer)
    os._exit(0)  # at once: imported libraries may take long to shut down, and print errors


def _portable(error: Exception) -> Exception:
    """An exception of a type that the parent can import, with a note of its traceback; user errors need none."""
    if isinstance(error, UserError):
        return error
    importable = type(error).__module__.partition(".")[0] in ("ablation", "builtins")
    portable = error if importable else RuntimeError(f"{type(error).__name__}: {error}")
    portable.add_note("".join(traceback.format_exception(error)))
    return portable


def _end_with(connection: Connection[Any, Any]) -> None:
    """End this process when the parent is gone: it sends nothing else."""
    connection.poll(None)
    os._exit(1)
