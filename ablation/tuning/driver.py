"""The event loop of one process of a study: takes trials, has their stages done, and hands in what came of them.

The loop looks at the store and never at who filled it: what is cached, resumed, or done by another process is reported
and judged as what is trained now. Trials are handed in by number, and each is taken at a moment that only the trials
handed in before decide, so that a process that works alone makes the same study however its lanes race. Decisions of
the pruners that look at epochs are made as epochs end, so with these that holds for one trial at a time.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ablation.errors import UserError
from ablation.experiment.config.search import BY_EPOCH
from ablation.experiment.execution.executor import Executor
from ablation.experiment.search.study_plan import Study, Tryout
from ablation.experiment.search.study_state import TrialStatus
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.scores import score_of
from ablation.metrics.registry import metric
from ablation.tuning.active_trial import ActiveTrial, TrialEnd, failure_of, scores_of_epochs
from ablation.tuning.trial_queue import TakenTrial, TrialQueue

_POLL_SECONDS = 1.0
_BY_REPLICATE = "wilcoxon"


class StudyObserver(Protocol):
    """Told what happens to the trials of this process, in order."""

    def began(self, number: int, values: Mapping[str, Any]) -> None:
        """A trial is worked on; again, if its first worker died."""

    def epoch(self, number: int, epoch: int, score: float) -> None:
        """The training of a trial's first replicate did an epoch, from 1; the score is NaN where it is not measured."""

    def ended(self, number: int, status: TrialStatus, score: float, reason: str) -> None:
        """A trial was handed in: ``complete``, ``pruned`` or ``failed``; see ``active_trial.TrialEnd``."""


def drive(
    study: Study,
    desk: TrialQueue,
    executor: Executor,
    store: ContentStore,
    jobs: int,
    observers: Sequence[StudyObserver],
    deadline: float | None = None,
) -> None:
    """Work on a study until it is over, or the deadline is past and what was begun is finished.

    While other processes hold the last trials it waits, to take over those of one that dies. The caller closes the
    executor and gives the desk's trials back, also when this is interrupted.

    Args:
        jobs: trials worked on at once, >= 1.
        deadline: by ``time.monotonic()``; no trial is taken after it. None for no limit.
    """
    _Driver(study, desk, executor, store, jobs, observers, deadline).run()


class _Driver:
    def __init__(
        self,
        study: Study,
        desk: TrialQueue,
        executor: Executor,
        store: ContentStore,
        jobs: int,
        observers: Sequence[StudyObserver],
        deadline: float | None,
    ) -> None:
        self._study, self._plan = study, study.plan
        self._desk, self._executor, self._store, self._observers = desk, executor, store, observers
        self._jobs, self._deadline = jobs, math.inf if deadline is None else deadline
        self._trials: list[ActiveTrial] = []
        self._next_look = -math.inf

    def run(self) -> None:
        while not self._is_over():
            self._fill()
            self._executor.step()
            for trial in self._trials:
                self._advance(trial)
            self._hand_in()
        while not self._executor.idle:  # trainings that were pruned still leave their checkpoints
            self._executor.step()

    @property
    def _is_late(self) -> bool:
        return time.monotonic() >= self._deadline

    def _is_over(self) -> bool:
        return not self._trials and (self._is_late or self._desk.over)

    def _fill(self) -> None:
        """Take trials up to the number of jobs, as long as there are some; else look again later."""
        self._desk.beat()
        while len(self._trials) < self._jobs and not self._is_late and time.monotonic() >= self._next_look:
            if (taken := self._desk.take()) is None:
                self._next_look = time.monotonic() + _POLL_SECONDS
            else:
                self._begin(taken)

    def _begin(self, taken: TakenTrial) -> None:
        trial = ActiveTrial(taken)
        self._trials.append(trial)
        self._trials.sort(key=lambda each: each.taken.number)
        for observer in self._observers:
            observer.began(taken.number, taken.values)
        self._try_replicate(trial)
        self._advance(trial)

    def _try_replicate(self, trial: ActiveTrial) -> None:
        """Begin the first replicate that is not done."""
        try:
            trial.tryout = self._study.tryouts(trial.taken.values, len(trial.scores))
        except UserError as error:
            self._end(trial, TrialEnd("failed", math.nan, " ".join(str(error).split())))
        else:
            self._executor.add(trial.tryout.stages)

    def _advance(self, trial: ActiveTrial) -> None:
        """Take a trial as far as what is in the store goes."""
        while trial.verdict is None and (tryout := trial.tryout):
            done = all(map(self._store.has, tryout.stages))  # asked first: then all its epochs are there
            if not trial.scores:
                self._follow(trial, tryout)
            if not done:
                self._fail_if_broken(trial, tryout)
                return
            if trial.verdict is None:
                self._score(trial, tryout)

    def _fail_if_broken(self, trial: ActiveTrial, tryout: Tryout) -> None:
        reason = failure_of(tryout, self._executor.failures)
        if reason and trial.verdict is None:
            self._end(trial, TrialEnd("failed", math.nan, reason))

    def _follow(self, trial: ActiveTrial, tryout: Tryout) -> None:
        """Look at the new epochs of a trial, until the pruner gives it up after one of them."""
        for number, score in scores_of_epochs(tryout, self._plan.metric, self._store).items():
            if number <= trial.epochs:
                continue
            trial.epochs = number
            for observer in self._observers:
                observer.epoch(trial.taken.number, number, score)
            if self._plan.pruner in BY_EPOCH and self._is_hopeless(trial, number, score):
                self._end(trial, TrialEnd("pruned", score))
                return

    def _score(self, trial: ActiveTrial, tryout: Tryout) -> None:
        """Take in the score of a replicate that is done, and go on to the next one."""
        score = score_of(metric(self._plan.metric), tryout.stages[tryout.val], self._store)
        trial.tryout = None
        if not math.isfinite(score):
            self._end(trial, TrialEnd("failed", math.nan, f"its {self._plan.metric} on validation is {score}"))
            return
        trial.scores.append(score)
        if len(trial.scores) < self._plan.replicates:
            self._try_replicate(trial)

    def _is_hopeless(self, trial: ActiveTrial, step: int, value: float) -> bool:
        """Report a value; whether the pruner gives the trial up after it."""
        self._desk.report(trial.taken, step, value)
        return self._desk.should_prune(trial.taken)

    def _end(self, trial: ActiveTrial, verdict: TrialEnd) -> None:
        """Settle how a trial ends, and let go of the stages that no other one wants."""
        trial.verdict = verdict
        left = trial.tryout.stages if trial.tryout else {}
        tryouts = [each.tryout for each in self._trials if each.tryout and each.verdict is None]
        for address in left.keys() - {wanted for tryout in tryouts for wanted in tryout.stages}:
            self._executor.stop(address)

    def _hand_in(self) -> None:
        """Hand in the trials that have ended and that no earlier one is before; each makes room for another."""
        while self._trials:
            first = self._trials[0]
            self._judge(first)
            if first.verdict is None:
                return
            self._trials.remove(first)
            self._tell(first.taken, first.verdict)
            self._fill()

    def _judge(self, trial: ActiveTrial) -> None:
        """Settle a trial that no earlier one is before."""
        if self._plan.pruner == _BY_REPLICATE:
            self._compare(trial)
        if trial.verdict is None and len(trial.scores) == self._plan.replicates:
            self._end(trial, TrialEnd("complete", statistics.fmean(trial.scores)))

    def _compare(self, trial: ActiveTrial) -> None:
        """Report the scores of replicates, until the pruner gives the trial up; after the last that saves nothing.

        Its comparison is with the best of the trials handed in, so only the first of those in hand has its turn; its
        next replicate is under way meanwhile.
        """
        for step, score in enumerate(trial.scores):
            if step < trial.reported:
                continue
            trial.reported = step + 1
            if self._is_hopeless(trial, step, score) and trial.reported < self._plan.replicates:
                self._end(trial, TrialEnd("pruned", score))
                return

    def _tell(self, taken: TakenTrial, verdict: TrialEnd) -> None:
        if verdict.status == "complete":
            self._desk.complete(taken, verdict.score)
        elif verdict.status == "pruned":
            self._desk.prune(taken)
        else:
            self._desk.fail(taken, verdict.reason)
        for observer in self._observers:
            observer.ended(taken.number, verdict.status, verdict.score, verdict.reason)
