"""The event loop of one process of a study: takes trials, computes their stages, and hands in the scores.

The loop reads scores from the store alone: stages that are cached, resumed, or computed by another process are handled
like those trained now. Trials are handed in by number, and the next trial is taken at a point that depends only on the
trials handed in before. So a process that works alone makes the same study in whatever order its slots finish. Pruners
that look at epochs decide as epochs end; with them this holds for one trial at a time.
"""

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ablation.errors import UserError
from ablation.experiment.config.search import BY_EPOCH
from ablation.experiment.execution.executor import Executor
from ablation.experiment.search.study_plan import Study, Tryout
from ablation.experiment.search.study_state import TrialStatus
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.scores import prediction_score
from ablation.metrics.registry import metric
from ablation.tuning.active_trial import ActiveTrial, failure_of, scores_of_epochs
from ablation.tuning.trial_queue import TakenTrial, TrialEnd, TrialQueue

_POLL_SECONDS = 1.0
_BY_REPLICATE = "wilcoxon"


class StudyObserver(Protocol):
    """Receives the events of this process's trials, in order."""

    def began(self, number: int, values: Mapping[str, Any]) -> None:
        """Work on a trial starts; again, if its first worker died."""

    def epoch(self, number: int, epoch: int, score: float) -> None:
        """A trial's first replicate finished an epoch, counted from 1; the score is NaN where it is not measured."""

    def ended(self, number: int, status: TrialStatus, score: float, reason: str) -> None:
        """A trial was handed in: ``complete``, ``pruned`` or ``failed``; see ``TrialEnd``."""


@dataclass
class StudyDriver:
    """Works on a study; the caller closes the executor and the queue, also when ``run`` is interrupted.

    Args:
        jobs: trials to work on at once, >= 1.
        deadline: by ``time.monotonic()``; no trial is taken after it. None for no limit.
    """

    study: Study
    queue: TrialQueue
    executor: Executor
    store: ContentStore
    jobs: int
    observers: Sequence[StudyObserver]
    deadline: float | None = None
    _trials: list[ActiveTrial] = field(default_factory=list, init=False)
    _next_look: float = field(default=-math.inf, init=False)

    def run(self) -> None:
        """Work until the study is over, or the deadline has passed and all started trials have ended.

        While other processes hold the last trials it waits, to take over those of a process that dies.
        """
        while self._trials or not (self._is_late or self.queue.over):
            self._fill()
            self.executor.step()
            for trial in self._trials:
                self._advance(trial)
            self._hand_in()
        while not self.executor.idle:  # pruned trainings still write their checkpoints
            self.executor.step()

    @property
    def _is_late(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def _fill(self) -> None:
        """Take trials up to the number of jobs; if there are none now, look again later."""
        self.queue.beat()
        while len(self._trials) < self.jobs and not self._is_late and time.monotonic() >= self._next_look:
            if (taken := self.queue.take()) is None:
                self._next_look = time.monotonic() + _POLL_SECONDS
            else:
                self._begin(taken)

    def _begin(self, taken: TakenTrial) -> None:
        trial = ActiveTrial(taken)
        self._trials.append(trial)
        self._trials.sort(key=lambda active: active.taken.number)
        for observer in self.observers:
            observer.began(taken.number, taken.values)
        self._try_replicate(trial)
        self._advance(trial)

    def _try_replicate(self, trial: ActiveTrial) -> None:
        """Start the first replicate that has no score."""
        try:
            trial.tryout = self.study.tryouts(trial.taken.values, len(trial.scores))
        except UserError as error:
            self._end(trial, TrialEnd("failed", math.nan, " ".join(str(error).split())))
        else:
            self.executor.add(trial.tryout.stages)

    def _advance(self, trial: ActiveTrial) -> None:
        """Advance a trial as far as the stages in the store allow."""
        while trial.end is None and (tryout := trial.tryout):
            done = all(map(self.store.has, tryout.stages))  # checked first: if so, all its epochs are there
            if not trial.scores:
                self._follow(trial, tryout)
            if trial.end is None and done:
                self._score(trial, tryout)
            elif trial.end is None and (reason := failure_of(tryout, self.executor.failures)):
                self._end(trial, TrialEnd("failed", math.nan, reason))
            if not done:
                return

    def _follow(self, trial: ActiveTrial, tryout: Tryout) -> None:
        """Handle the new epochs of a trial, until the pruner stops it after one of them."""
        for number, score in scores_of_epochs(tryout, self.study.plan.metric, self.store).items():
            if number <= trial.epochs:
                continue
            trial.epochs = number
            for observer in self.observers:
                observer.epoch(trial.taken.number, number, score)
            if self.study.plan.pruner in BY_EPOCH and self.queue.report(trial.taken, number, score):
                self._end(trial, TrialEnd("pruned", score))
                return

    def _score(self, trial: ActiveTrial, tryout: Tryout) -> None:
        """Add the score of a finished replicate, and start the next one."""
        score = prediction_score(metric(self.study.plan.metric), tryout.stages[tryout.val], self.store)
        trial.tryout = None
        if not math.isfinite(score):
            self._end(trial, TrialEnd("failed", math.nan, f"its {self.study.plan.metric} on validation is {score}"))
            return
        trial.scores.append(score)
        if len(trial.scores) < self.study.plan.replicates:
            self._try_replicate(trial)

    def _end(self, trial: ActiveTrial, end: TrialEnd) -> None:
        """Set how a trial ends, and stop its stages that no other trial needs."""
        trial.end = end
        own = trial.tryout.stages if trial.tryout else {}
        tryouts = [active.tryout for active in self._trials if active.tryout and active.end is None]
        for address in own.keys() - {needed for tryout in tryouts for needed in tryout.stages}:
            self.executor.stop(address)

    def _hand_in(self) -> None:
        """Hand in ended trials in order of number, up to the first that goes on; each makes room for another."""
        while self._trials:
            first = self._trials[0]
            self._end_first(first)
            if first.end is None:
                return
            self._trials.remove(first)
            self.queue.hand_in(first.taken, first.end)
            for observer in self.observers:
                observer.ended(first.taken.number, first.end.status, first.end.score, first.end.reason)
            self._fill()

    def _end_first(self, trial: ActiveTrial) -> None:
        """End the trial with the lowest number, if it is complete or the pruner stops it."""
        if self.study.plan.pruner == _BY_REPLICATE:
            self._compare(trial)
        if trial.end is None and len(trial.scores) == self.study.plan.replicates:
            self._end(trial, TrialEnd("complete", statistics.fmean(trial.scores)))

    def _compare(self, trial: ActiveTrial) -> None:
        """Report the scores of replicates, until the pruner stops the trial; after the last it would save nothing.

        The pruner compares with the best trial that was handed in, so only the active trial with the lowest number is
        compared; its next replicate runs meanwhile.
        """
        for step, score in enumerate(trial.scores):
            if step < trial.reported:
                continue
            trial.reported = step + 1
            if self.queue.report(trial.taken, step, score) and trial.reported < self.study.plan.replicates:
                self._end(trial, TrialEnd("pruned", score))
                return
