"""Studies as plain data: where each stands, and the best trial of one."""

import math
import statistics
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from ablation.errors import UserError
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.search.study_plan import StudyOutline, StudyPlan
from ablation.experiment.search.study_state import StudyState, TrialLine
from ablation.invocation import TUNE, Invocation
from ablation.tuning.importance import importances
from ablation.tuning.storage import open_storage, storage_exists
from ablation.tuning.study import OUTLINE_ATTRIBUTE
from ablation.tuning.trials import STATES, best_of, own_of, reason_of, trial_score, values_of

_STATUSES = {state: status for status, state in STATES.items()}


def states_of(root: Path, url: str | None, experiment: str, invocation: Invocation) -> tuple[StudyState, ...]:
    """The state of each study of an experiment, in order of name; a missing local storage is not created.

    Args:
        root, url: as in ``open_storage``.
        invocation: for the command that begins a study.

    Raises:
        UserError: the experiment has no study, or as ``open_storage``.
    """
    place, studies = str(root), list[optuna.Study]()
    if storage_exists(root, url):
        opened = open_storage(root, url)
        names = sorted(optuna.get_all_study_names(opened.storage))
        place, studies = opened.shown, [optuna.load_study(study_name=name, storage=opened.storage) for name in names]
    own = [study for study in studies if study.user_attrs.get(OUTLINE_ATTRIBUTE, {}).get("experiment") == experiment]
    if not own:
        remedy = f"begin one with: {invocation.mending(TUNE)}"
        raise UserError(f"no study of {experiment!r} yet", place=place, remedy=remedy)
    return tuple(state_of(study, _outline_of(study)) for study in own)


def _outline_of(study: optuna.Study) -> StudyOutline:
    outline = study.user_attrs[OUTLINE_ATTRIBUTE]
    return StudyOutline(study.study_name, outline["row"], outline["metric"], outline["trials"])


def state_of(study: optuna.Study, plan: StudyPlan | StudyOutline) -> StudyState:
    """The state of the study now, over all processes that work on it."""
    trials = study.get_trials(deepcopy=False)
    best, own = best_of(trials, plan), own_of(trials)
    return StudyState(
        study=plan.name,
        row=plan.row,
        metric=plan.metric,
        asked=plan.trials,
        trials=tuple(map(_line, trials)),
        best=None if best is None else best.number,
        own=None if own is None else own.number,
        seconds_left=_seconds_left(trials, plan),
    )


def tuned_of(study: optuna.Study, plan: StudyPlan) -> Tuned | None:
    """The best complete trial with the importance of each parameter; None before a trial is complete."""
    from ablation.experiment.config.setting_paths import patch_of  # imports torch, which ``state_of`` must not

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


def _line(trial: FrozenTrial) -> TrialLine:
    return TrialLine(
        number=trial.number,
        status=_STATUSES[trial.state],
        values=values_of(trial),
        score=trial_score(trial),
        seconds=_seconds(trial),
        reason=reason_of(trial),
        steps=dict(sorted(trial.intermediate_values.items())),
    )


def _seconds(trial: FrozenTrial) -> float:
    """Seconds from its start to its end, or to now; NaN before it starts, or while it waits to be taken again."""
    if trial.datetime_start is None or trial.state is TrialState.WAITING:
        return math.nan
    return ((trial.datetime_complete or datetime.now()) - trial.datetime_start).total_seconds()  # Optuna's local time


def _seconds_left(trials: Sequence[FrozenTrial], plan: StudyPlan | StudyOutline) -> float:
    """Seconds left at the median duration of a trial, with as many trials at once as run now.

    The median, because the duration of a trial whose process died includes the time until it was taken again.
    """
    finished = [_seconds(trial) for trial in trials if trial.state.is_finished()]
    durations = [seconds for seconds in finished if math.isfinite(seconds)]
    left = plan.trials - len(finished)
    if left <= 0:
        return 0.0
    if not durations:
        return math.nan
    median = statistics.median(durations)
    running = [_seconds(trial) for trial in trials if trial.state is TrialState.RUNNING][:left]
    elapsed = sum(min(seconds, median) for seconds in running)
    return (left * median - elapsed) / max(len(running), 1)
