"""The queue of a study's trials, from which all its processes take trials and to which they hand in scores."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import optuna
from filelock import FileLock
from optuna.trial import FrozenTrial, TrialState

from ablation.experiment.search.study_plan import Draw, StudyPlan
from ablation.tuning.distributions import stored_values, suggested_value
from ablation.tuning.grid import grid_points
from ablation.tuning.heartbeat import BEAT_SECONDS, WORKER_ATTRIBUTE, TrialWorker, is_dead
from ablation.tuning.lock import study_lock
from ablation.tuning.sampling import sampler_of
from ablation.tuning.trials import REASON_ATTRIBUTE, STATES, VALUES_ATTRIBUTE

_OPEN = (TrialState.RUNNING, TrialState.WAITING)


@dataclass(frozen=True)
class TakenTrial:
    """A trial that this process has taken.

    Args:
        number: from 0; a trial that is taken again after its worker died keeps it.
        values: by dotted setting, as the experiment file would write them.
    """

    trial: optuna.Trial
    number: int
    values: dict[str, Any]


@dataclass(frozen=True)
class TrialEnd:
    """How a trial ended.

    Args:
        score: on validation, unscaled; of a pruned trial the last one reported; NaN if it failed.
        reason: why it failed, in one line; otherwise empty.
    """

    status: Literal["complete", "pruned", "failed"]
    score: float
    reason: str = ""


class TrialQueue:
    """Hands out the trials of a study and records how they end; one process at a time.

    A trial belongs to the process that took it until it is handed in or given back. If that process dies, the next
    process that takes a trial gets it, with the same number and values. So a study has exactly as many trials as its
    plan says, whichever process is killed: over all processes with this root, and on a database server over all
    machines.

    Args:
        root: the project's folder for runs; holds ``locks/``.
        suggest: walks through the space, see ``Study.suggest``.
    """

    def __init__(
        self, study: optuna.Study, plan: StudyPlan, root: Path, suggest: Callable[[Draw], dict[str, Any]]
    ) -> None:
        self._study, self._plan, self._root, self._suggest = study, plan, root, suggest
        self._storage = study._storage  # Optuna has no public way to put a trial back
        self._total = plan.trials
        self._worker = TrialWorker.here(root)
        self._lock = FileLock(self._worker.lock, thread_local=False)
        self._held: dict[int, TakenTrial] = {}
        self._last_beat = time.monotonic()

    def __enter__(self) -> TrialQueue:
        self._lock.acquire(timeout=0)
        if self._plan.sampler == "grid":
            self._set_grid()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._give_back()
        finally:
            self._lock.release()
            Path(self._worker.lock).unlink(missing_ok=True)

    def take(self) -> TakenTrial | None:
        """Take a trial; None if there is none now, as all trials of the plan are taken or finished."""
        with self._locked():
            trials = self._trials()
            orphans = [trial for trial in trials if self._is_orphan(trial)]
            for orphan in orphans:
                self._put_back(orphan._trial_id)
            waiting = orphans or any(trial.state is TrialState.WAITING for trial in trials)
            return self._ask() if waiting or len(trials) < self._total else None

    def beat(self) -> None:
        """Renew the marks of the taken trials if they are due; cheap, to be called often."""
        if time.monotonic() - self._last_beat < BEAT_SECONDS:
            return
        self._last_beat = time.monotonic()
        for taken in self._held.values():
            if self._is_ours(self._stored(taken)):
                taken.trial.set_user_attr(WORKER_ATTRIBUTE, self._worker.mark())

    def report(self, taken: TakenTrial, step: int, value: float) -> bool:
        """Record an unscaled intermediate value; returns whether the study's pruner stops the trial.

        The value of a step that was reported before, by another worker, is kept.
        """
        stored = self._stored(taken)
        if self._is_ours(stored) and step not in stored.intermediate_values:
            taken.trial.report(value, step)
        return bool(taken.trial.should_prune())

    def hand_in(self, taken: TakenTrial, end: TrialEnd) -> None:
        """Record how a trial ended, unless another process has taken it over; a failed one is not tried again.

        Of a pruned trial Optuna keeps the last intermediate value as its score.
        """
        with self._locked():
            if self._is_ours(self._stored(taken)):
                if end.reason:
                    taken.trial.set_user_attr(REASON_ATTRIBUTE, end.reason)
                score = end.score if end.status == "complete" else None
                self._study.tell(taken.trial, score, STATES[end.status])
        self._held.pop(taken.number, None)

    @property
    def over(self) -> bool:
        """Whether all trials of the plan exist and none is running or waiting."""
        trials = self._trials()
        return len(trials) >= self._total and not any(trial.state in _OPEN for trial in trials)

    def _give_back(self) -> None:
        """Put all trials that this process holds back into the queue."""
        with self._locked():
            for taken in self._held.values():
                if self._is_ours(self._stored(taken)):
                    self._put_back(taken.trial._trial_id)
        self._held.clear()

    def _ask(self) -> TakenTrial:
        trial = self._study.ask()
        try:
            trial.set_user_attr(WORKER_ATTRIBUTE, self._worker.mark())
            values = self._suggest(lambda parameter: suggested_value(parameter, trial))
            trial.set_user_attr(VALUES_ATTRIBUTE, values)
        except BaseException:
            self._put_back(trial._trial_id)
            raise
        self._held[trial.number] = taken = TakenTrial(trial, trial.number, values)
        return taken

    def _set_grid(self) -> None:
        plan, parameters = self._plan, {parameter.path: parameter for parameter in self._plan.space.parameters}
        own = self._suggest(lambda parameter: parameter.own)
        points = [stored_values(parameters, point) for point in grid_points(self._suggest, own, plan.seed)]
        self._study.sampler = sampler_of(plan, points)
        self._total = min(plan.trials, 1 + len(points))

    def _trials(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def _stored(self, taken: TakenTrial) -> FrozenTrial:
        return self._storage.get_trial(taken.trial._trial_id)

    def _is_ours(self, trial: FrozenTrial) -> bool:
        mark = trial.user_attrs.get(WORKER_ATTRIBUTE, {})
        return trial.state is TrialState.RUNNING and mark.get("identity") == self._worker.identity

    def _is_orphan(self, trial: FrozenTrial) -> bool:
        if trial.state is not TrialState.RUNNING or trial.number in self._held:
            return False
        return is_dead(trial.user_attrs.get(WORKER_ATTRIBUTE))

    def _put_back(self, trial_id: int) -> None:
        self._storage.set_trial_state_values(trial_id, TrialState.WAITING)

    def _locked(self) -> AbstractContextManager[None]:
        return study_lock(self._storage, self._root, self._study.study_name)
