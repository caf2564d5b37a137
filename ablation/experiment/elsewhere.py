"""Calls that processes of their own make, meanwhile or instead of this one."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from ablation.errors import UserError
from ablation.experiment.child import Start

Result = TypeVar("Result")


class ChildDiedError(Exception):
    """A process ended before it had answered: it was killed, for want of memory perhaps."""


class Elsewhere(Generic[Result]):
    """A call that a child of this process makes; ``close`` ends the child, whatever it is at.

    Args:
        call: it, what it returns and what it raises are pickled; ``functools.partial`` of a module's function, say.
    """

    def __init__(self, start: Start, call: Callable[[], Result]) -> None:
        self._child = start("ablation.experiment.elsewhere:answer")
        self._child.connection.send(call)

    def result(self) -> Result:
        """What the call returns, once; waits for it.

        Raises:
            ChildDiedError: there is no answer.
            Exception: what the call raised.
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
    except UserError as error:
        answered = False, error
    except Exception as error:
        error.add_note(traceback.format_exc())
        answered = False, error
    connection.send(answered)
    sys.stdout.flush()
    os._exit(0)  # at once: what the call has imported may take long to take down, and complain


def _end_with(connection: Connection[Any, Any]) -> None:
    """End this process when the other one is gone: nothing else is heard of it."""
    connection.poll(None)
    os._exit(1)
