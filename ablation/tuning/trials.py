"""Reads values, scores and reasons of trials in Optuna's storage."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from ablation.experiment.search.study_plan import StudyOutline, StudyPlan
from ablation.experiment.search.study_state import TrialStatus

VALUES_ATTRIBUTE, OWN_ATTRIBUTE, REASON_ATTRIBUTE = "values", "own", "reason"
"""User attributes of a trial: its values by dotted setting, as the file writes them; whether they are the recipe's own;
why it failed."""

STATES: Mapping[TrialStatus, TrialState] = {
    "waiting": TrialState.WAITING,
    "running": TrialState.RUNNING,
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


def values_of(trial: FrozenTrial) -> dict[str, Any]:
    """The values by dotted setting; empty before they were chosen."""
    values = trial.user_attrs.get(VALUES_ATTRIBUTE, {})
    return dict(json.loads(values) if isinstance(values, str) else values)


def reason_of(trial: FrozenTrial) -> str:
    """Why it failed, in one line; empty if it did not fail."""
    lines = str(trial.user_attrs.get(REASON_ATTRIBUTE, "")).strip().splitlines()
    return lines[0] if lines and trial.state is TrialState.FAIL else ""


def trial_score(trial: FrozenTrial) -> float:
    """Its unscaled score; of a running or pruned trial the last intermediate value; NaN if it has none."""
    if trial.state is TrialState.COMPLETE and trial.value is not None:
        return float(trial.value)
    last = trial.last_step
    return math.nan if last is None else float(trial.intermediate_values[last])


def complete_trials(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """The complete trials with a finite score, in order of number."""
    done = (trial for trial in trials if trial.state is TrialState.COMPLETE and math.isfinite(trial_score(trial)))
    return sorted(done, key=lambda trial: trial.number)


def best_of(trials: Iterable[FrozenTrial], plan: StudyPlan | StudyOutline) -> FrozenTrial | None:
    """The complete trial with the best score, the earliest of equals; None if no trial is complete."""
    sign = -1.0 if plan.maximize else 1.0
    return min(complete_trials(trials), key=lambda trial: (sign * trial_score(trial), trial.number), default=None)


def own_of(trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """The trial with the recipe's own values; None if there is none yet."""
    return next((trial for trial in trials if trial.user_attrs.get(OWN_ATTRIBUTE)), None)
