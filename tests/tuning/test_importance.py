"""What a parameter did is told from functions whose answer is known on paper."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from optuna.trial import FrozenTrial, TrialState
from tried import study_plan, trials_of, tried

from ablation.experiment.planning.tuned import Importance
from ablation.experiment.search.space import Parameter
from ablation.tuning import importance
from ablation.tuning.importance import LEAST_TRIALS, importances

STRONG, WEAK, IDLE = (Parameter(name, "float", 0.2, 0.0, 1.0) for name in ("strong", "weak", "idle"))
LOSS = Parameter("loss.name", "categorical", "cross_entropy", choices=("cross_entropy", "focal"))
GAMMA = Parameter("loss.gamma", "float", 2.0, 0.0, 5.0)
ROWS = [dict(zip(("strong", "weak", "idle"), row, strict=True)) for row in np.random.default_rng(0).random((40, 3))]
ROWS[0] = {"strong": 0.2, "weak": 0.2, "idle": 0.2}


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importance, "_RESAMPLINGS", 20)
    monkeypatch.setattr(importance, "_TREES", 40)


def additive(row: Mapping[str, Any]) -> float:
    return 0.7 + 0.10 * row["strong"] + 0.03 * row["weak"]


def by_path(found: tuple[Importance, ...]) -> dict[str, Importance]:
    return {each.path: each for each in found}


def test_worth_and_share_of_an_additive_function_are_those_on_paper() -> None:
    trials = trials_of(ROWS, additive)
    found = importances(trials, study_plan(STRONG, WEAK, IDLE))
    assert [each.path for each in found] == ["strong", "weak", "idle"]
    best = max(ROWS, key=additive)
    of = by_path(found)
    for name, slope in (("strong", 0.10), ("weak", 0.03), ("idle", 0.0)):
        assert of[name].worth_low <= slope * (best[name] - 0.2) <= of[name].worth_high
        variance = slope**2 * np.var([row[name] for row in ROWS]) / np.var([additive(row) for row in ROWS])
        assert of[name].low <= min(variance, 1.0) <= of[name].high + 0.02  # above 1: the two lean against each other
    assert of["strong"].worth == pytest.approx(0.1 * (best["strong"] - 0.2), rel=0.25)
    assert abs(of["idle"].worth) < 0.01


def test_a_worth_is_positive_when_better_also_where_less_is_better() -> None:
    up = importances(trials_of(ROWS, additive), study_plan(STRONG, WEAK))
    down = importances(trials_of(ROWS, lambda row: -additive(row)), study_plan(STRONG, WEAK, metric="log_loss"))
    assert up == down
    assert up[0].worth > 0


def test_the_same_trials_give_the_same_numbers_in_any_order() -> None:
    trials, plan = trials_of(ROWS, additive), study_plan(STRONG, WEAK)
    assert importances(trials, plan) == importances(trials[::-1], plan)


@pytest.mark.parametrize("count", [0, 1, LEAST_TRIALS - 1])
def test_too_few_complete_trials_tell_nothing(count: int) -> None:
    more = [tried(row, state=TrialState.PRUNED, steps=[0.5]) for row in ROWS]
    assert importances([*trials_of(ROWS[:count], additive), *more], study_plan(STRONG, WEAK)) == ()


def test_equal_scores_tell_nothing() -> None:
    assert importances(trials_of(ROWS, lambda row: 0.5), study_plan(STRONG, WEAK)) == ()


def test_a_parameter_that_never_changed_has_no_share_and_no_worth_that_is_known() -> None:
    fixed = [{**row, "weak": 0.9} for row in ROWS]
    of = by_path(importances(trials_of(fixed, additive), study_plan(STRONG, WEAK)))
    assert (of["weak"].share, of["weak"].low, of["weak"].high) == (0, 0, 0)
    assert math.isnan(of["weak"].worth)
    assert math.isnan(of["weak"].worth_low)


def test_the_recipes_own_value_was_worth_nothing_where_it_is_the_best() -> None:
    of = by_path(importances(trials_of(ROWS, lambda row: -additive(row)), study_plan(STRONG, IDLE)))
    best = min(ROWS, key=additive)
    assert best == ROWS[0] or of["strong"].worth > 0
    kept = [{**row, "strong": 0.2} if number == 0 else row for number, row in enumerate(ROWS)]
    found = importances(trials_of(kept, lambda row: -abs(row["strong"] - 0.2)), study_plan(STRONG, WEAK))
    assert (by_path(found)["strong"].worth, by_path(found)["strong"].worth_high) == (0, 0)


def conditional() -> list[FrozenTrial]:
    rng = np.random.default_rng(1)
    rows: list[dict[str, Any]] = [
        {"loss.name": "focal", "loss.gamma": float(rng.uniform(0, 5))} if n % 2 else {"loss.name": "cross_entropy"}
        for n in range(40)
    ]
    return trials_of(rows, lambda row: 0.6 + (0.1 + 0.02 * row["loss.gamma"] if row["loss.name"] == "focal" else 0))


def test_a_parameter_that_means_something_in_some_trials_is_judged_by_those() -> None:
    of = by_path(importances(conditional(), study_plan(LOSS, GAMMA)))
    best = max(trial.user_attrs["values"].get("loss.gamma", 0) for trial in conditional())
    assert of["loss.gamma"].worth == pytest.approx(0.02 * (best - 2.0), rel=0.3)
    assert of["loss.name"].worth == pytest.approx(0.15, abs=0.05)
    assert of["loss.name"].share > of["loss.gamma"].share


def test_a_parameter_that_the_best_trial_has_not_is_worth_nothing_that_is_known() -> None:
    flipped = [tried(trial.params, -float(trial.value or 0)) for trial in conditional()]
    for number, trial in enumerate(flipped):
        trial.number = number
    of = by_path(importances(flipped, study_plan(LOSS, GAMMA)))
    assert math.isnan(of["loss.gamma"].worth)
    assert of["loss.name"].worth == 0, "the recipe's own is the best"


def test_choices_may_be_mappings_and_what_the_recipe_had_need_not_be_among_them() -> None:
    heads = ({"name": "linear", "dropout": 0.5}, None)
    head = Parameter("model.head", "categorical", "mlp", choices=heads)
    trials = trials_of(ROWS, additive)
    for number, trial in enumerate(trials):
        trial.user_attrs["values"] = {**ROWS[number], "model.head": "mlp" if number == 0 else heads[number % 2]}
    assert by_path(importances(trials, study_plan(STRONG, head)))["model.head"].share < 0.2


@pytest.mark.slow
def test_intervals_hold_the_truth_about_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    held = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = [dict(zip(("strong", "weak", "idle"), row, strict=True)) for row in rng.random((40, 3))]
        rows[0] = ROWS[0]
        trials = trials_of(rows, lambda row, rng=rng: additive(row) + rng.normal(0, 0.01))  # type: ignore[misc]
        best = max(trials, key=lambda trial: float(trial.value or 0)).params
        of = by_path(importances(trials, study_plan(STRONG, WEAK, IDLE)))
        truth = {"strong": 0.1 * (best["strong"] - 0.2), "weak": 0.03 * (best["weak"] - 0.2), "idle": 0.0}
        held.append([of[name].worth_low <= value <= of[name].worth_high for name, value in truth.items()])
    assert np.mean(held, axis=0).min() >= 0.8
