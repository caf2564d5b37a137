"""Studies as if trials had been tried: what the storage would hold, made at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial, TrialState

from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.experiment.search.study_plan import StudyPlan

BEGAN = datetime(2026, 1, 1)

LR = Parameter("optimizer.lr", "float", 3e-4, 1e-5, 1e-2, log=True)
GAMMA = Parameter("loss.gamma", "float", 0.0, 0.0, 5.0)
BACKBONE = Parameter("model.backbone", "categorical", "small_cnn", choices=("small_cnn", "resnet18"))


def study_plan(*parameters: Parameter, **changes: Any) -> StudyPlan:
    """A plan over some parameters, ``LR`` and ``GAMMA`` by default."""
    plan = StudyPlan(
        name="digits: + Focal loss",
        experiment="digits",
        row="+ Focal loss",
        definition="0123abcd",
        conditions={},
        space=SearchSpace(parameters or (LR, GAMMA), ()),
        sampler="tpe",
        pruner="none",
        trials=20,
        minutes=None,
        replicates=1,
        metric="balanced_accuracy",
        seed=0,
        epochs=5,
    )
    return dataclasses.replace(plan, **changes)


def tried(
    values: Mapping[str, Any],
    score: float | None = None,
    state: TrialState = TrialState.COMPLETE,
    steps: Sequence[float] = (),
    seconds: float = 10.0,
    **attributes: Any,
) -> FrozenTrial:
    """A trial; its steps are counted from 1."""
    waiting, ended = state is TrialState.WAITING, state.is_finished()
    return FrozenTrial(
        number=-1,
        trial_id=-1,
        state=state,
        value=score,
        values=None,
        datetime_start=None if waiting else BEGAN if ended else datetime.now() - timedelta(seconds=seconds),
        datetime_complete=BEGAN + timedelta(seconds=seconds) if ended else None,
        params=dict(values),
        distributions={path: _distribution(value) for path, value in values.items()},
        user_attrs={"values": dict(values), **attributes},
        system_attrs={},
        intermediate_values=dict(enumerate(steps, start=1)),
    )


def study_of(trials: Sequence[FrozenTrial], plan: StudyPlan) -> optuna.Study:
    """A study in memory that holds these trials, numbered from 0."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize" if plan.maximize else "minimize")
    study.add_trials(trials)
    return study


def trials_of(rows: Sequence[Mapping[str, Any]], score: Callable[[Mapping[str, Any]], float]) -> list[FrozenTrial]:
    """Complete trials with numbers, the score a function of the values."""
    found = [tried(row, score(row)) for row in rows]
    for number, trial in enumerate(found):
        trial.number = number
    return found


def _distribution(value: Any) -> BaseDistribution:
    if isinstance(value, str):
        return CategoricalDistribution(["small_cnn", "resnet18", "cross_entropy", "focal"])
    return FloatDistribution(1e-5, 1e-2, log=True) if value <= 1e-2 and value > 0 else FloatDistribution(0.0, 5.0)
