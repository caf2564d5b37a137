"""The recorder of a study: follows its trials and projects them onto MLflow, in a thread of its own.

It never holds up a training. When the store of runs cannot be reached it tries again every minute, and what it could
not deliver is delivered at the end of this study or when it is run again. Any number of processes may record one
study: each event is written under a lock of the study's own.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
from filelock import FileLock, Timeout

from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import TrialLine, TrialStatus

if TYPE_CHECKING:
    from ablation.recording.study_projection import StudyRecord
    from ablation.tracking.record import Status
    from ablation.tracking.store import Store

PAUSE = 60.0
"""Seconds without an attempt after one that failed."""
PATIENCE = 60.0
"""Seconds that the end of a study waits for another process that is writing to the record."""
STOPPED_PATIENCE = 5.0
"""The same after Ctrl-C."""


class StudyRecorder:
    """An observer of one process's trials; ``start`` it before and ``finish`` it after.

    Args:
        plan: of the study.
        locks: folder of the store's locks.
        tracking: where MLflow's record lives; it exists already.
        notify: told in words when the record is late.
    """

    def __init__(self, plan: StudyPlan, locks: Path, tracking: Store, notify: Callable[[str], None]) -> None:
        self._plan, self._tracking, self._notify = plan, tracking, notify
        self._events: queue.SimpleQueue[Callable[[StudyRecord], None] | None] = queue.SimpleQueue()
        self._values: dict[int, Mapping[str, Any]] = {}
        self._epochs: dict[int, dict[int, float]] = defaultdict(dict)
        name = address({"tracking": tracking.uri, "study": plan.key})
        locks.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(locks / f"record-study-{name[:32]}.lock", thread_local=False)
        self._record: StudyRecord | None = None
        self._quiet_until, self._noted = -math.inf, False
        self._thread = threading.Thread(target=self._follow, name="study recorder", daemon=True)

    def start(self) -> None:
        """Begin to record; the study's run is shown as running."""
        self._thread.start()
        self._events.put(lambda record: None)

    def began(self, number: int, values: Mapping[str, Any]) -> None:
        self._values[number] = values
        self._events.put(lambda record: record.begin(number, values))

    def epoch(self, number: int, epoch: int, score: float) -> None:
        values = self._values[number]
        if math.isfinite(score):  # else the metric is not in every epoch's record, or the training diverged
            self._epochs[number][epoch] = score
            self._events.put(lambda record: record.epoch(number, values, epoch, score))

    def ended(self, number: int, status: TrialStatus, score: float, reason: str) -> None:
        line = TrialLine(number, status, self._values[number], score, math.nan, reason)
        self._events.put(lambda record: record.end(line))

    def finish(self, status: Status, study: optuna.Study, tuned: Tuned | None = None) -> bool:
        """Deliver what is missing and close the record with a status; tells whether all of it arrived.

        Figures and texts take seconds, so only what finished is published. While another process works on the study
        its run stays open, for that one to close.

        Args:
            tuned: what ``ablation.tuning.summary.frozen`` gave, where it is at hand; it takes seconds to find.
        """
        self._events.put(None)
        self._thread.join()
        try:
            with self._lock.acquire(timeout=STOPPED_PATIENCE if status == "KILLED" else PATIENCE):
                return self._attempt(lambda: self._complete(self._opened(), status, study, tuned))
        except Timeout:
            self._notify("another process is writing MLflow's record of this study")
            return False

    def _complete(self, record: StudyRecord, status: Status, study: optuna.Study, tuned: Tuned | None) -> None:
        record.deliver(study, self._epochs)
        if status == "FINISHED":
            record.publish(study, tuned)
        if not study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
            record.close(status)

    def _follow(self) -> None:
        while (event := self._events.get()) is not None:
            if time.monotonic() > self._quiet_until:
                with self._lock:
                    self._attempt(lambda event=event: event(self._opened()))  # type: ignore[misc]

    def _opened(self) -> StudyRecord:
        from ablation.recording.study_projection import StudyRecord
        from ablation.tracking.ledger import Ledger

        if self._record is None:
            self._record = StudyRecord(Ledger.open(self._tracking, self._plan.experiment), self._plan)
        return self._record

    def _attempt(self, call: Callable[[], None]) -> bool:
        from ablation.tracking.failure import TrackingError

        try:
            call()
        except TrackingError as error:
            self._quiet_until, self._record = time.monotonic() + PAUSE, None
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            if not self._noted:
                self._notify(f"MLflow's record is late, and is delivered at the end or by the next run: {reason}")
            self._noted = True
            return False
        return True
