"""The recorder: follows a run and projects it onto MLflow, in a thread of its own.

It never holds up a training. When the store of runs cannot be reached it waits, and what it could not deliver is
delivered at the end of this run or by the next one. One process at a time records an experiment; another one that
runs the same file trains its share and leaves the record to the first, or takes it over at its end.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore
from ablation.recording.model_exports import ExportError
from ablation.recording.stopwatch import Stopwatch
from ablation.recording.wait_notice import Patience

if TYPE_CHECKING:
    from ablation.recording.projection import Projection, Status
    from ablation.tracking.store import Store

FLUSH_SECONDS = 5.0
"""The shortest time between two writings of epochs; what ends a run is written at once."""
LIVE_SHARE = 0.005
"""The largest share of the time that they take: a slow store is written to less often."""

Publish = Callable[["Projection"], None]
"""Puts what was made of the whole run, such as the table, onto the record."""


class Recorder:
    """An observer of a run; ``start`` it before and ``finish`` it after.

    Args:
        plan: what is recorded.
        wanted: addresses of the stages that are run, all of a run's or none.
        store: the content store.
        tracking: where MLflow's record lives; it exists already.
        notify: told in words when the record is late, or takes long.
    """

    def __init__(
        self,
        plan: Plan,
        wanted: set[str],
        store: ContentStore,
        tracking: Store,
        notify: Callable[[str], None],
    ) -> None:
        self._plan, self._store, self._tracking, self._notify = plan, store, tracking, notify
        self._events: queue.SimpleQueue[Callable[[Projection], None] | None] = queue.SimpleQueue()
        self._users: dict[str, list[Run]] = defaultdict(list)
        self._owners: dict[str, Run] = {}
        for run in plan.runs:
            if wanted.issuperset(run.stages):  # another that shares a stage with these is not running
                for stage in run.stages:
                    self._users[stage].append(run)
                for part in run.parts:
                    self._owners.setdefault(part, run)
        name = address({"tracking": tracking.uri, "experiment": plan.name})
        self._lock = FileLock(store.locks / f"record-{name[:32]}.lock", thread_local=False)
        self._projection: Projection | None = None
        self._late = False
        self._watch = Stopwatch()
        self._flush_at = 0.0
        self._thread = threading.Thread(target=self._follow, name="recorder", daemon=True)

    def start(self) -> None:
        """Begin to record."""
        self._thread.start()

    def began(self, address: str) -> None:
        if run := self._owners.get(address):
            self._events.put(lambda projection: projection.begin(run))

    def epoch(self, address: str, number: int, metrics: Mapping[str, float]) -> None:
        row = dict(metrics)
        if run := self._owners.get(address):  # epochs of an ensemble's other members are nobody's own
            self._events.put(lambda projection: projection.epochs(run, [row]))

    def done(self, address: str) -> None:
        for run in self._users[address]:
            if all(map(self._store.has, run.needed)):
                self._put_delivery(run)

    def failed(self, address: str, reason: str) -> None:
        for run in self._users[address]:
            self._put_delivery(run)

    def finish(self, status: Status, publish: Publish) -> bool:
        """Deliver what is missing, publish, and close the record with a status; tells whether all of it arrived.

        Waits for another process that records the same experiment, unless the run was stopped.
        """
        with Patience(self._notify) as patience:
            patience.doing = "the trainings"
            self._events.put(None)
            self._thread.join()
            patience.doing = "another process is at it"
            try:
                with self._lock.acquire(timeout=0 if status == "KILLED" else -1):
                    return self._attempt(lambda: self._complete(status, publish, patience))
            except Timeout:
                self._notify("another process records this experiment")
                return False
            finally:
                self._lock.release(force=True)

    def _put_delivery(self, run: Run) -> None:
        self._events.put(lambda projection: projection.deliver(run))

    def _follow(self) -> None:
        for event in self._due():
            if self._late or not self._is_ours():
                continue
            self._attempt(lambda event=event: event(self._opened()))  # type: ignore[misc]

    def _due(self) -> Iterator[Callable[[Projection], None]]:
        """The events as they come, and every few seconds the writing of the epochs that have come meanwhile."""
        while True:
            behind = self._projection is not None and self._projection.is_behind
            try:
                event = self._events.get(timeout=max(0.0, self._flush_at - time.monotonic()) if behind else None)
            except queue.Empty:
                yield self._flush
                continue
            if event is None:
                return
            yield event

    def _flush(self, projection: Projection) -> None:
        before = time.monotonic()
        projection.flush()
        now = time.monotonic()
        self._flush_at = now + max(FLUSH_SECONDS, (now - before) / LIVE_SHARE)

    def _is_ours(self) -> bool:
        """Whether this process records the experiment; the first to take the lock does."""
        if not self._lock.is_locked:
            with suppress(Timeout):
                self._lock.acquire(timeout=0)
        return self._lock.is_locked

    def _opened(self) -> Projection:
        from ablation.recording.projection import Projection
        from ablation.tracking.ledger import Ledger

        if self._projection is None:
            ledger = Ledger.open(self._tracking, self._plan.name)
            self._projection = Projection(self._plan, self._store, ledger)
        return self._projection

    def _complete(self, status: Status, publish: Publish, patience: Patience) -> None:
        projection = self._opened()
        for number, run in enumerate(self._plan.runs):
            patience.doing = f"run {number + 1} of {len(self._plan.runs)}"
            projection.deliver(run)
        projection.close_replicates()
        patience.doing = "the variants"
        projection.close_variants(status)
        patience.doing = "the table and the models"
        missing: ExportError | None = None
        try:
            publish(projection)
        except ExportError as error:  # all but a model is on record
            missing = error
        if projection.has_grown:  # else nothing was recorded, and what it took to see that is nobody's cost
            projection.ladder.log_next(self._cost())
        projection.ladder.close(status)
        if missing:
            raise missing

    def _cost(self) -> dict[str, float]:
        """Seconds that this recorder spent on MLflow.

        Not all that tracking costs: importing MLflow and opening the store come before, and of the processes that
        export models only the wait for them is counted.
        """
        return {"time/tracking_seconds": self._watch.seconds}

    def _attempt(self, call: Callable[[], None]) -> bool:
        from ablation.tracking.failure import TrackingError

        try:
            with self._watch:
                call()
        except (TrackingError, ExportError) as error:
            self._late, self._projection = True, None
            reason = str(error).strip().splitlines()[0]
            self._notify(f"MLflow's record is late, and is delivered at the end or by the next run: {reason}")
            return False
        return True
