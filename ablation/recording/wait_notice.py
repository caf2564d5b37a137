"""A line of text every few seconds while something takes long, so that a user who waits knows for what."""

from __future__ import annotations

import threading
from collections.abc import Callable


class WaitNotice:
    """A context that says every few seconds what is being done (``doing``), until it is over.

    Args:
        say: called with the line, from a thread of its own.
        seconds: between two lines, and before the first.
    """

    def __init__(self, say: Callable[[str], None], seconds: float = 4.0) -> None:
        self.doing = "the trainings"
        self._say, self._seconds = say, seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._remind, name="wait notice", daemon=True)

    def __enter__(self) -> WaitNotice:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _remind(self) -> None:
        while not self._over.wait(self._seconds):
            self._say(f"recording in MLflow: {self.doing} ...")
