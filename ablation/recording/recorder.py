"""The background recorder: takes what happens to a projection on MLflow, in a thread of its own.

It never holds up a training. While MLflow cannot be reached it tries at most once a minute and drops the events
between: the projection has everything delivered at the end, from the content store or from Optuna's storage, or by the
next run. So an outage costs no memory, a short one is over within the run, and a long one fills no log. It says so
once, and once more where something is still missing at the end. Ctrl-C waits some seconds for it at most.
"""

from __future__ import annotations

import enum
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from filelock import FileLock, Timeout

from ablation.recording.model_export import ExportError

PAUSE = 60.0
"""Seconds without an attempt after one that failed, except at the end."""
STOPPED_SECONDS = 15.0
"""The longest wait after Ctrl-C."""
FLUSH_SECONDS = 5.0
"""The shortest time between two writings of epochs; what begins or ends is written at once."""
_LIVE_SHARE = 0.005
"""The largest share of the time that writing epochs takes: a slow store is written to less often."""

LATE = "MLflow's record is late, and is delivered at the end or by the next run"
MISSING = "MLflow's record lacks something, which the next run delivers"


class Projection(Protocol):
    """What a recorder needs of what it writes to; every call may raise ``TrackingError``."""

    @property
    def is_behind(self) -> bool:
        """Whether epochs wait for ``flush``."""

    def flush(self) -> None:
        """Log the epochs that were kept; those that a run has already are skipped."""


_P = TypeVar("_P", bound=Projection)


class LockSpan(enum.Enum):
    """How long a recorder holds the lock on what it records."""

    RUN = "run"
    """From its first event to its end: the projection remembers what MLflow holds, so nobody else may write."""
    EVENT = "event"
    """For each event: many processes write, and the projection asks MLflow anew each time."""


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


class BackgroundRecorder(Generic[_P]):
    """Takes events to a projection; ``start`` it before, ``put`` events, and ``finish`` it after.

    Args:
        open_: makes the projection, in the thread; again after a failure.
        lock: file; whoever holds its lock may write.
        span: how long it is held.
        notify: called with a line of text when the record is late, or takes long; from any thread.
    """

    def __init__(self, open_: Callable[[], _P], lock: Path, span: LockSpan, notify: Callable[[str], None]) -> None:
        self._open, self._span, self._notify = open_, span, notify
        lock.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(lock, thread_local=False)
        self._events: queue.SimpleQueue[Callable[[_P], None] | None] = queue.SimpleQueue()
        self._projection: _P | None = None
        self._retry_at, self._flush_at = -math.inf, 0.0
        self._last_problem = ""
        self._bug: Exception | None = None
        self._spent, self._attempt_began = 0.0, math.nan
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    @property
    def seconds(self) -> float:
        """Seconds spent on MLflow so far, those of the present attempt included."""
        return self._spent + (0.0 if math.isnan(self._attempt_began) else time.perf_counter() - self._attempt_began)

    def start(self) -> None:
        """Begin to record."""
        self._thread.start()

    def put(self, event: Callable[[_P], None]) -> None:
        """Have an event recorded soon, or dropped while MLflow cannot be reached or another process records."""
        self._events.put(event)

    def finish(self, complete: Callable[[_P, WaitNotice], None], stopped: bool) -> bool:
        """End the record; returns whether everything has arrived. What has not is delivered by the next run.

        Args:
            complete: delivers all that is missing, and sets on the notice what is being done.
            stopped: by Ctrl-C; else another process that records is waited for.
        """
        with WaitNotice(self._notify) as notice:
            self._events.put(None)
            completed = partial(self._completed, complete, notice, stopped)
            return self._in_time(completed) if stopped else completed()

    def _in_time(self, completed: Callable[[], bool]) -> bool:
        """The same in a thread, which is left to itself once the time is over."""
        future: Future[bool] = Future()

        def work() -> None:
            try:
                future.set_result(completed())
            except BaseException as error:
                future.set_exception(error)

        threading.Thread(target=work, name="recorder ends", daemon=True).start()
        try:
            return future.result(STOPPED_SECONDS)
        except TimeoutError:
            self._notify("MLflow takes long to answer; the next run delivers the rest of the record")
            return False

    def _completed(self, complete: Callable[[_P, WaitNotice], None], notice: WaitNotice, stopped: bool) -> bool:
        self._thread.join()
        if self._bug:
            raise self._bug
        notice.doing = "another process is recording"
        try:
            wait = -1.0 if not stopped else 0.0 if self._span is LockSpan.RUN else STOPPED_SECONDS / 3
            with self._lock.acquire(timeout=wait):
                return self._attempt(lambda projection: complete(projection, notice), MISSING)
        except Timeout:
            self._notify("another process records this in MLflow")
            return False
        finally:
            self._lock.release(force=True)

    def _run(self) -> None:
        try:
            for event in self._due():
                if time.monotonic() >= self._retry_at:
                    with self._turn() as is_ours:
                        if is_ours:
                            self._attempt(event, LATE)
        except Exception as error:  # raised where the recorder is ended
            self._bug = error

    def _due(self) -> Iterator[Callable[[_P], None]]:
        """The events as they come, and every few seconds the writing of the epochs that have come meanwhile."""
        while True:
            behind = self._projection is not None and self._projection.is_behind
            try:
                event = self._events.get(timeout=max(0.0, self._flush_at - time.monotonic()) if behind else None)
            except queue.Empty:
                event = self._flush
            if event is None:
                return
            yield event

    def _flush(self, projection: _P) -> None:
        before = time.monotonic()
        projection.flush()
        now = time.monotonic()
        self._flush_at = now + max(FLUSH_SECONDS, (now - before) / _LIVE_SHARE)

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Take the lock for an event; yields whether it could be taken."""
        if self._span is LockSpan.EVENT:
            with self._lock:
                yield True
            return
        try:
            if not self._lock.is_locked:
                self._lock.acquire(timeout=0)  # kept until the end
        except Timeout:
            yield False
        else:
            yield True

    def _attempt(self, call: Callable[[_P], None], problem: str) -> bool:
        """Whether a call went well; else the user is notified, and the next call gets a newly opened projection."""
        from ablation.tracking.failure import TrackingError

        self._attempt_began = time.perf_counter()
        try:
            if self._projection is None:
                self._projection = self._open()
            call(self._projection)
        except (TrackingError, ExportError) as error:
            self._projection, self._retry_at = None, time.monotonic() + PAUSE
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            if problem != self._last_problem:
                self._notify(f"{problem}: {reason}")
            self._last_problem = problem
            return False
        finally:
            self._spent, self._attempt_began = self.seconds, math.nan
        return True
