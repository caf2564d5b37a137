"""A line of text every few seconds while something takes long, so that a user who waits knows for what."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

_SECONDS = 4.0
"""The longest silence."""


class WaitNotice:
    """A context for what may take long: says every few seconds what is being done (``doing``), until it is over.

    Args:
        say: called with the line, from a thread of its own.
        seconds: between two lines, and before the first.
    """

    def __init__(self, say: Callable[[str], None], seconds: float = _SECONDS) -> None:
        self.doing = "opening the store"
        self._say, self._seconds = say, seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._remind, name="wait notice", daemon=True)

    def __enter__(self) -> WaitNotice:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _remind(self) -> None:
        while not self._over.wait(self._seconds):
            self._say(f"recording in MLflow: {self.doing} ...")
