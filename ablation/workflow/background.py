"""Threads beside planning and training: imports that are needed later, and a recorder that takes seconds to open."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ablation.experiment.execution.executor import Observer
    from ablation.recording.ladder_recorder import LadderRecorder


@contextmanager
def imported_meanwhile(modules: Sequence[str]) -> Iterator[None]:
    """Import modules in a thread while the block runs; when it ends without an error, they are imported.

    Errors of an import are ignored here: the code that needs the module imports it again and raises them.
    """
    enough = threading.Event()
    thread = threading.Thread(target=_import, args=(modules, enough), name="imports", daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        enough.set()
        raise
    finally:  # two threads that import modules which import each other may see them half initialised
        thread.join()


def _import(modules: Sequence[str], enough: threading.Event) -> None:
    for module in modules:
        if not enough.is_set():
            with suppress(Exception):
                importlib.import_module(module)


class DeferredRecorder:
    """An observer in the recorder's place: keeps the events until the recorder is open, then passes them on.

    Args:
        open_: makes the recorder, in a thread of its own; what it raises is raised by the next call of this.
    """

    def __init__(self, open_: Callable[[], LadderRecorder]) -> None:
        self._events: list[Callable[[Observer], None]] = []
        thread = ThreadPoolExecutor(1, thread_name_prefix="recorder opens")
        self._recorder = thread.submit(open_)
        thread.shutdown(wait=False)

    def opened(self) -> LadderRecorder:
        """Wait for the recorder and return it, with every event passed on."""
        recorder = self._recorder.result()
        events, self._events = self._events, []
        for event in events:
            event(recorder)
        return recorder

    def began(self, address: str) -> None:
        self._pass(lambda recorder: recorder.began(address))

    def epoch(self, address: str, number: int, metrics: Mapping[str, float]) -> None:
        self._pass(lambda recorder: recorder.epoch(address, number, metrics))

    def done(self, address: str) -> None:
        self._pass(lambda recorder: recorder.done(address))

    def failed(self, address: str, reason: str) -> None:
        self._pass(lambda recorder: recorder.failed(address, reason))

    def _pass(self, event: Callable[[Observer], None]) -> None:
        self._events.append(event)
        if self._recorder.done():
            self.opened()
