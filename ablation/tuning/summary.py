"""A study as plain data: where it stands, and its best trial frozen."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from datetime import datetime

import optuna
from optuna.trial import FrozenTrial, TrialState

from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.search.study_plan import StudyOutline, StudyPlan
from ablation.experiment.search.study_state import StudyState, TrialLine, TrialStatus
from ablation.tuning.importance import importances
from ablation.tuning.trials import best_of, own_of, reason_of, steps_of, trial_score, values_of

_STATUS: Mapping[TrialState, TrialStatus] = {
    TrialState.WAITING: "waiting",
    TrialState.RUNNING: "running",
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


def state_of(study: optuna.Study, plan: StudyPlan | StudyOutline) -> StudyState:
    """Where the study stands now, over all processes that work on it."""
    trials = study.get_trials(deepcopy=False)
    best, own = best_of(trials, plan), own_of(trials)
    return StudyState(
        study=plan.name,
        row=plan.row,
        metric=plan.metric,
        asked=plan.trials,
        trials=tuple(line_of(trial) for trial in trials),
        best=None if best is None else best.number,
        own=None if own is None else own.number,
        seconds_left=_seconds_left(trials, plan),
    )


def tuned_of(study: optuna.Study, plan: StudyPlan) -> Tuned | None:
    """The best complete trial with what the study tells of each parameter; None before a trial is complete."""
    from ablation.experiment.config.setting_paths import (
        patch_of,  # brings torch, which where a study stands does not need
    )

    trials = study.get_trials(deepcopy=False)
    best, own = best_of(trials, plan), own_of(trials)
    if best is None:
        return None
    pruned, failed = (sum(t.state is state for t in trials) for state in (TrialState.PRUNED, TrialState.FAIL))
    return Tuned(
        study=plan.name,
        row=plan.row,
        definition=plan.definition,
        each=plan.each,
        metric=plan.metric,
        values=values_of(best),
        patch=patch_of(values_of(best)),
        own=values_of(own) if own is not None else {},
        number=best.number,
        score=trial_score(best),
        own_score=trial_score(own) if own is not None and own.state is TrialState.COMPLETE else math.nan,
        trials=sum(trial.state.is_finished() for trial in trials),
        pruned=pruned,
        failed=failed,
        replicates=plan.replicates,
        sampler=plan.sampler,
        pruner=plan.pruner,
        importances=importances(trials, plan),
    )


def line_of(trial: FrozenTrial) -> TrialLine:
    """One trial as plain data."""
    return TrialLine(
        number=trial.number,
        status=_STATUS[trial.state],
        values=values_of(trial),
        score=trial_score(trial),
        seconds=_seconds(trial),
        reason=reason_of(trial),
        steps=steps_of(trial),
    )


def _seconds(trial: FrozenTrial) -> float:
    """From its start to its end, or to now; NaN before it began, or while it waits to be taken again."""
    if trial.datetime_start is None or trial.state is TrialState.WAITING:
        return math.nan
    return ((trial.datetime_complete or datetime.now()) - trial.datetime_start).total_seconds()  # Optuna's local time


def _seconds_left(trials: Sequence[FrozenTrial], plan: StudyPlan | StudyOutline) -> float:
    """What is left at the median trial's pace, shared among as many as run now.

    The median, as a trial whose process was killed counts the time until it was taken again.
    """
    finished = [_seconds(trial) for trial in trials if trial.state.is_finished()]
    known = [seconds for seconds in finished if math.isfinite(seconds)]
    left = plan.trials - len(finished)
    if left <= 0:
        return 0.0
    if not known:
        return math.nan
    each = statistics.median(known)
    running = [_seconds(trial) for trial in trials if trial.state is TrialState.RUNNING][:left]
    begun = sum(min(seconds, each) for seconds in running)
    return (left * each - begun) / max(len(running), 1)
