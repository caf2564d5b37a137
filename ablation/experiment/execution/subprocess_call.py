"""Calls that processes of their own make, meanwhile or instead of this one."""

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
from ablation.experiment.execution.process import ChildDiedError, Start

Result = TypeVar("Result")


class Elsewhere(Generic[Result]):
    """A call that a child of this process makes; ``close`` ends the child, whatever it is at.

    Args:
        call: it, what it returns and what it raises are pickled; ``functools.partial`` of a module's function, say.
    """

    def __init__(self, start: Start, call: Callable[[], Result]) -> None:
        self._child = start("ablation.experiment.execution.subprocess_call:answer")
        with suppress(OSError):  # it died, which ``result`` tells
            self._child.connection.send(call)

    def result(self) -> Result:
        """What the call returns, once; waits for it.

        Raises:
            ChildDiedError: there is no answer.
            Exception: what the call raised, as it is if it is Python's own or this package's, else as a RuntimeError.
        """
        try:
            returned, found = self._child.connection.recv()
        except (EOFError, OSError):
            raise ChildDiedError("a process that was to help has died (out of memory?)") from None
        if returned:
            return found  # type: ignore[no-any-return]
        raise found

    def close(self) -> None:
        self._child.end()


def call_elsewhere(start: Start, call: Callable[[], Result]) -> Result:
    """What a call returns, or raises, that a child makes instead of this process; see ``Elsewhere``."""
    with closing(Elsewhere(start, call)) as called:
        return called.result()


def answer(connection: Connection[Any, Any]) -> None:
    """Be the child."""
    call = connection.recv()
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    try:
        answered = True, call()
    except Exception as error:
        answered = False, _portable(error)
    sys.stdout.flush()
    connection.send(answered)
    os._exit(0)  # at once: what the call has imported may take long to take down, and complain


def _portable(error: Exception) -> Exception:
    """An exception that another process knows, with where it was raised; a user's mistake says that by itself."""
    if isinstance(error, UserError):
        return error
    known = type(error).__module__.partition(".")[0] in ("ablation", "builtins")
    told = error if known else RuntimeError(f"{type(error).__name__}: {error}")
    told.add_note("".join(traceback.format_exception(error)))
    return told


def _end_with(connection: Connection[Any, Any]) -> None:
    """End this process when the other one is gone: nothing else is heard of it."""
    connection.poll(None)
    os._exit(1)
