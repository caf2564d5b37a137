"""A recorder that is being opened, which takes seconds, while the workers train already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ablation.experiment.execution.executor import Observer
    from ablation.recording.ladder_recorder import LadderRecorder


class ArrivingRecorder:
    """An observer in the recorder's place: keeps the events until the recorder is open, then passes them on.

    Args:
        open_: makes the recorder, in a thread of its own; what it raises is raised by the next call of this.
    """

    def __init__(self, open_: Callable[[], LadderRecorder]) -> None:
        self._kept: list[Callable[[Observer], None]] = []
        opening = ThreadPoolExecutor(1, thread_name_prefix="recorder opens")
        self._recorder = opening.submit(open_)
        opening.shutdown(wait=False)

    def arrived(self) -> LadderRecorder:
        """Wait for the recorder and return it, with every event passed on."""
        recorder = self._recorder.result()
        kept, self._kept = self._kept, []
        for event in kept:
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
        self._kept.append(event)
        if self._recorder.done():
            self.arrived()
