"""A recorder that is being opened, which takes seconds, while the workers train already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ablation.experiment.execution.executor import Observer
    from ablation.recording.ladder_recorder import LadderRecorder


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
