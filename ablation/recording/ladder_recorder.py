"""The recorder of a ladder: an observer that has what happens to its stages projected onto MLflow in the background.

One process at a time records an experiment; another one that runs the same file trains its share and leaves the record
to the first, or takes it over at its end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from ablation.experiment.planning.hashing import address as hash_of
from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore
from ablation.recording.model_export import ExportError
from ablation.recording.recorder import BackgroundRecorder, LockSpan, WaitNotice
from ablation.tracking.names import seconds_metric

if TYPE_CHECKING:
    from ablation.recording.projection import LadderProjection
    from ablation.tracking.record import Status
    from ablation.tracking.store import TrackingStore

_Publish = Callable[["LadderProjection"], None]


class LadderRecorder:
    """An observer of a run; ``start`` it before and ``finish`` it after.

    Args:
        wanted: addresses of the stages that are run, all of a run's or none.
        tracking: where MLflow's record lives; it exists already.
        notify: as in ``BackgroundRecorder``.
    """

    def __init__(
        self, plan: Plan, wanted: set[str], store: ContentStore, tracking: TrackingStore, notify: Callable[[str], None]
    ) -> None:
        self._plan, self._store, self._tracking = plan, store, tracking
        self._users: dict[str, list[Run]] = defaultdict(list)
        self._owners: dict[str, Run] = {}
        self._begun: dict[str, Run] = {}
        for run in plan.runs:
            if wanted.issuperset(run.stages):  # another that shares a stage with these is not running
                for stage in run.stages:
                    self._users[stage].append(run)
                for part in run.parts:
                    self._owners.setdefault(part, run)
        name = hash_of({"tracking": tracking.uri, "experiment": plan.name})
        lock = store.locks / f"record-{name[:32]}.lock"
        self._recorder = BackgroundRecorder(self._opened, lock, LockSpan.RUN, notify)

    def start(self) -> None:
        """Begin to record."""
        self._recorder.start()

    def began(self, address: str) -> None:
        if run := self._owners.get(address):
            self._begun[address] = run
            self._recorder.put(lambda projection: projection.begin(run))

    def epoch(self, address: str, number: int, metrics: Mapping[str, float]) -> None:
        row = dict(metrics)
        if run := self._owners.get(address):  # epochs of an ensemble's other members belong to no run
            self._recorder.put(lambda projection: projection.epoch(run, row))

    def done(self, address: str) -> None:
        self._begun.pop(address, None)
        for run in self._users[address]:
            if all(map(self._store.has, run.needed)):
                self._deliver(run)

    def failed(self, address: str, reason: str) -> None:
        self._begun.pop(address, None)
        for run in self._users[address]:
            self._deliver(run)

    def finish(self, status: Status, publish: _Publish) -> bool:
        """Deliver what is missing, publish, and close the record with a status; returns whether all of it arrived.

        Waits for another process that records the same experiment, unless the run was stopped. ``publish`` records what
        was made of the whole run, such as the table.
        """
        complete = partial(self._complete, status=status, publish=publish)
        return self._recorder.finish(complete, stopped=status == "KILLED")

    def _deliver(self, run: Run) -> None:
        self._recorder.put(lambda projection: projection.deliver(run))

    def _opened(self) -> LadderProjection:
        from ablation.recording.projection import LadderProjection
        from ablation.tracking.ledger import Ledger

        projection = LadderProjection(self._plan, self._store, Ledger.open(self._tracking, self._plan.name))
        for run in tuple(self._begun.values()):  # opened again after a failure: these still train
            projection.begin(run)
        return projection

    def _complete(self, projection: LadderProjection, notice: WaitNotice, status: Status, publish: _Publish) -> None:
        for number, run in enumerate(self._plan.runs, start=1):
            notice.doing = f"run {number} of {len(self._plan.runs)}"
            projection.deliver(run)
        projection.close_replicates()
        notice.doing = "the variants"
        projection.close_variants(status)
        notice.doing = "the table and the models"
        missing: ExportError | None = None
        try:
            publish(projection)
        except ExportError as error:  # everything but a model is recorded
            missing = error
        if projection.has_grown:  # else nothing was recorded, and there is no cost of recording it
            # importing MLflow and opening the store come before; of exported models only the wait for them counts
            projection.parent.log_next({seconds_metric("tracking"): self._recorder.seconds})
        projection.parent.close(status)
        if missing:
            raise missing
