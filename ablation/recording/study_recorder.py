"""The recorder of a study: an observer that has one process's trials projected onto MLflow in the background.

Any number of processes may record one study: each event is written under a lock of the study's own, and what a process
could not deliver is delivered at the end of this study or when it is run again.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import TrialLine, TrialStatus
from ablation.recording.recorder import BackgroundRecorder, LockSpan, WaitNotice

if TYPE_CHECKING:
    from ablation.recording.study_projection import StudyProjection
    from ablation.tracking.record import Status
    from ablation.tracking.store import TrackingStore
    from ablation.tuning.study import OptunaStudy


class StudyRecorder:
    """An observer of one process's trials; ``start`` it before and ``finish`` it after.

    Args:
        locks: folder of the store's locks.
        tracking: where MLflow's record lives; it exists already.
        notify: as in ``BackgroundRecorder``.
    """

    def __init__(self, plan: StudyPlan, locks: Path, tracking: TrackingStore, notify: Callable[[str], None]) -> None:
        self._plan, self._tracking = plan, tracking
        self._values: dict[int, Mapping[str, Any]] = {}
        self._epochs: dict[int, dict[int, float]] = defaultdict(dict)
        name = address({"tracking": tracking.uri, "study": plan.key})
        lock = locks / f"record-study-{name[:32]}.lock"
        self._recorder = BackgroundRecorder(self._opened, lock, LockSpan.EVENT, notify)

    def start(self) -> None:
        """Begin to record; the study's run is shown as running."""
        self._recorder.start()
        self._recorder.put(lambda projection: None)

    def began(self, number: int, values: Mapping[str, Any]) -> None:
        self._values[number] = values
        self._recorder.put(lambda projection: projection.begin(number, values))

    def epoch(self, number: int, epoch: int, score: float) -> None:
        values = self._values[number]
        if math.isfinite(score):  # else the metric is not in every epoch's record, or the training diverged
            self._epochs[number][epoch] = score
            self._recorder.put(lambda projection: projection.epoch(number, values, epoch, score))

    def ended(self, number: int, status: TrialStatus, score: float, reason: str) -> None:
        line = TrialLine(number, status, self._values[number], score, math.nan, reason)
        self._recorder.put(lambda projection: projection.end(line))

    def finish(self, status: Status, study: OptunaStudy, tuned: Tuned | None = None) -> bool:
        """Deliver what is missing and close the record with a status; returns whether all of it arrived.

        Figures and texts take seconds, so they are published only of a study that finished. While another process works
        on the study its run stays open. ``tuned`` is ``tuned_of`` the study, if it was computed; that takes seconds.
        """
        from ablation.tuning.summary import state_of

        def complete(projection: StudyProjection, notice: WaitNotice) -> None:
            notice.doing = "the trials"
            projection.deliver(state_of(study, self._plan), self._epochs)
            if status == "FINISHED":
                notice.doing = "the figures"
                projection.publish(study, tuned)
            if not state_of(study, self._plan).count("running"):
                projection.close(status)

        return self._recorder.finish(complete, stopped=status == "KILLED")

    def _opened(self) -> StudyProjection:
        from ablation.recording.study_projection import StudyProjection
        from ablation.tracking.ledger import Ledger

        return StudyProjection(Ledger.open(self._tracking, self._plan.experiment), self._plan)
