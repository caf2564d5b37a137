"""What a trial in Optuna's storage says, in the project's words."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from ablation.experiment.search.study_plan import StudyOutline, StudyPlan

VALUES_ATTRIBUTE, OWN_ATTRIBUTE, REASON_ATTRIBUTE = "values", "own", "reason"
"""User attributes: the values by dotted setting, as the file writes them; whether they are the recipe's own; why it
failed."""


def values_of(trial: FrozenTrial) -> dict[str, Any]:
    """The values by dotted setting; empty before they were chosen."""
    found = trial.user_attrs.get(VALUES_ATTRIBUTE, {})
    return dict(json.loads(found) if isinstance(found, str) else found)


def is_own(trial: FrozenTrial) -> bool:
    """Whether it tries the recipe's own values."""
    return bool(trial.user_attrs.get(OWN_ATTRIBUTE, False))


def reason_of(trial: FrozenTrial) -> str:
    """Why it failed, in a line; else empty."""
    lines = str(trial.user_attrs.get(REASON_ATTRIBUTE, "")).strip().splitlines()
    return lines[0] if lines and trial.state is TrialState.FAIL else ""


def trial_score(trial: FrozenTrial) -> float:
    """Its score, raw; before it is complete, or where it was pruned, the last intermediate value; NaN for none."""
    if trial.state is TrialState.COMPLETE and trial.value is not None:
        return float(trial.value)
    last = trial.last_step
    return math.nan if last is None else float(trial.intermediate_values[last])


def complete_trials(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Those with a score that counts, in order of number."""
    found = (trial for trial in trials if trial.state is TrialState.COMPLETE and math.isfinite(trial_score(trial)))
    return sorted(found, key=lambda trial: trial.number)


def best_of(trials: Iterable[FrozenTrial], plan: StudyPlan | StudyOutline) -> FrozenTrial | None:
    """The complete trial of the best score, the earliest of equals; None before there is one."""
    sign = -1.0 if plan.maximize else 1.0
    return min(complete_trials(trials), key=lambda trial: (sign * trial_score(trial), trial.number), default=None)


def own_of(trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """The trial of the recipe's own values; None before there is one."""
    return next((trial for trial in trials if is_own(trial)), None)


def steps_of(trial: FrozenTrial) -> dict[int, float]:
    """The intermediate values that the pruner was given, by step."""
    return dict(sorted(trial.intermediate_values.items()))
