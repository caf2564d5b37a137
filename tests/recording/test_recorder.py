"""The background recorder holds nobody up, tries an unreachable store now and then, and keeps out of others' way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from standin_run import wait_for

from ablation.recording import recorder as module
from ablation.recording.recorder import LATE, MISSING, BackgroundRecorder, LockSpan, WaitNotice
from ablation.tracking.failure import TrackingError, TrackingUnavailable


class Notes:
    """A projection that writes into a list, where it can."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.kept: list[str] = []
        self.opened = self.tried = 0
        self.is_lost = False

    def open(self) -> Notes:
        self.opened += 1
        return self

    @property
    def is_behind(self) -> bool:
        return bool(self.kept)

    def keep(self, text: str) -> None:
        self.kept.append(text)

    def flush(self) -> None:
        self.write(" ".join(self.kept))
        self.kept.clear()

    def write(self, text: str) -> None:
        self.tried += 1
        if self.is_lost:
            raise TrackingUnavailable(f"no answer to {text}")
        self.written.append(text)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def start(tmp_path: Path, notes: Notes, said: list[str]) -> Callable[..., BackgroundRecorder[Notes]]:
    def started(to: Notes = notes, span: LockSpan = LockSpan.RUN) -> BackgroundRecorder[Notes]:
        made = BackgroundRecorder(to.open, tmp_path / "locks" / "record.lock", span, said.append)
        made.start()
        return made

    return started


Start = Callable[..., BackgroundRecorder[Notes]]


def writing(text: str) -> Callable[[Notes], None]:
    return lambda projection: projection.write(text)


def ending(text: str = "end") -> Callable[[Notes, Any], None]:
    return lambda projection, notice: projection.write(text)


@pytest.mark.parametrize("span", LockSpan)
def test_events_arrive_in_order_and_the_end_is_last(
    start: Start, notes: Notes, said: list[str], span: LockSpan
) -> None:
    recorder = start(span=span)
    for number in range(20):
        recorder.put(writing(str(number)))
    assert recorder.finish(ending(), stopped=False)
    assert notes.written == [*map(str, range(20)), "end"]
    assert (notes.opened, said) == (1, [])
    assert 0 < recorder.seconds < 10


def test_putting_an_event_waits_for_nothing(start: Start) -> None:
    recorder, hold = start(), threading.Event()
    recorder.put(lambda projection: bool(hold.wait(30)))  # type: ignore[arg-type,return-value]
    before = time.monotonic()
    for _ in range(1000):
        recorder.put(writing("x"))
    assert time.monotonic() - before < 1
    hold.set()
    assert recorder.finish(ending(), stopped=False)


def test_an_unreachable_store_is_tried_once_a_pause_and_the_end_delivers(
    start: Start, notes: Notes, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = start()
    notes.is_lost = True
    for number in range(20):
        recorder.put(writing(str(number)))
    wait_for(lambda: recorder._events.empty() and bool(said))
    assert notes.tried == 1
    assert said == [f"{LATE}: no answer to 0"]
    monkeypatch.setattr(module, "PAUSE", 0.0)
    recorder._retry_at = 0.0  # the minute is over
    for number in range(20, 23):
        recorder.put(writing(str(number)))
    wait_for(lambda: notes.tried == 4)
    notes.is_lost = False
    recorder.put(writing("23"))
    assert recorder.finish(ending(), stopped=False)
    assert notes.written == ["23", "end"]
    assert notes.opened == 5, "once at first, and anew after each failure"
    assert len(said) == 1, "it is said once"


def test_what_is_missing_at_the_end_is_said_and_returned(start: Start, notes: Notes, said: list[str]) -> None:
    recorder = start()
    notes.is_lost = True
    recorder.put(writing("a"))
    assert not recorder.finish(ending(), stopped=False)
    assert said == [f"{LATE}: no answer to a", f"{MISSING}: no answer to end"]


def test_a_store_that_refuses_is_reported_by_its_first_line(start: Start, said: list[str]) -> None:
    def refuse(projection: Notes, notice: Any) -> None:
        raise TrackingError("too long\nsecond line")

    assert not start().finish(refuse, stopped=False)
    assert said == [f"{MISSING}: too long"]


@pytest.mark.parametrize("span", LockSpan)
@pytest.mark.parametrize("where", ["event", "end"])
def test_ctrl_c_does_not_wait_for_a_store_that_hangs(
    start: Start, said: list[str], monkeypatch: pytest.MonkeyPatch, span: LockSpan, where: str
) -> None:
    monkeypatch.setattr(module, "STOPPED_SECONDS", 0.3)
    recorder, hold = start(span=span), threading.Event()
    try:
        if where == "event":
            recorder.put(lambda projection: bool(hold.wait(30)))  # type: ignore[arg-type,return-value]
        before = time.monotonic()
        assert not recorder.finish(lambda projection, notice: bool(hold.wait(30)), stopped=True)  # type: ignore[arg-type,return-value]
        assert time.monotonic() - before < 5
        assert said == ["MLflow takes long to answer; the next run delivers the rest of the record"]
    finally:
        hold.set()


def test_a_stopped_run_is_closed_where_the_store_answers(start: Start, notes: Notes) -> None:
    assert start().finish(ending("stopped"), stopped=True)
    assert notes.written == ["stopped"]


@pytest.mark.parametrize("stopped", [False, True])
def test_a_fault_in_the_thread_is_raised_at_the_end(start: Start, stopped: bool) -> None:
    recorder = start()
    recorder.put(lambda projection: projection.no_such_method())  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="no_such_method"):
        recorder.finish(ending(), stopped=stopped)


def test_one_recorder_at_a_time_holds_a_lock_for_its_run(start: Start, said: list[str]) -> None:
    first, second = Notes(), Notes()
    one, two = start(first), start(second)
    one.put(writing("a"))
    wait_for(lambda: bool(first.written))
    two.put(writing("b"))
    wait_for(two._events.empty)
    assert not two.finish(ending(), stopped=True)
    assert (second.opened, said) == (0, ["another process records this in MLflow"])
    three = start(second)
    ended: list[bool] = []
    waiting = threading.Thread(target=lambda: ended.append(three.finish(ending(), stopped=False)))
    waiting.start()
    assert one.finish(ending(), stopped=False)
    waiting.join(30)
    assert (ended, second.written) == ([True], ["end"])


def test_recorders_that_hold_a_lock_for_an_event_write_side_by_side(start: Start) -> None:
    first, second = Notes(), Notes()
    one, two = start(first, LockSpan.EVENT), start(second, LockSpan.EVENT)
    for recorder, to in ((one, first), (two, second), (one, first)):
        before = len(to.written)
        recorder.put(writing("a"))
        wait_for(lambda to=to, before=before: len(to.written) > before)  # type: ignore[misc]
    assert one.finish(ending(), stopped=False)
    assert two.finish(ending(), stopped=True)
    assert (first.written, second.written) == (["a", "a", "end"], ["a", "end"])


def test_epochs_are_written_together_every_few_seconds(
    start: Start, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FLUSH_SECONDS", 0.3)
    recorder = start()
    recorder.put(lambda projection: projection.keep("1"))
    wait_for(lambda: notes.written == ["1"])
    for text in "234":
        recorder.put(lambda projection, text=text: projection.keep(text))  # type: ignore[misc]
    wait_for(lambda: len(notes.written) == 2)
    assert notes.written == ["1", "2 3 4"]
    assert recorder.finish(ending(), stopped=False)


def test_a_long_wait_is_put_into_words_and_a_short_one_is_silent() -> None:
    said: list[str] = []
    with WaitNotice(said.append, seconds=0.05) as notice:
        notice.doing = "the table"
        deadline = time.monotonic() + 10
        while len(said) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert set(said) == {"recording in MLflow: the table ..."}
    before = len(said)
    with WaitNotice(said.append):
        pass
    assert len(said) == before
