from __future__ import annotations

import math

import optuna
import pytest
from function_study import function_plan

from ablation.tuning.trials import best_of, complete_trials, own_of, reason_of, trial_score, values_of


@pytest.fixture(scope="module")
def trials() -> list[optuna.trial.FrozenTrial]:
    """Complete with .5 and .7 and .7, pruned with .9 last, failed, infinite, and one that has only started."""
    study = optuna.create_study(direction="maximize")
    for number, score in enumerate((0.5, 0.7, 0.7)):
        trial = study.ask()
        trial.set_user_attr("values", {"optimizer.lr": number})
        study.tell(trial, score)
    pruned = study.ask()
    for step, value in ((1, 0.2), (2, 0.9)):
        pruned.report(value, step)
    study.tell(pruned, state=optuna.trial.TrialState.PRUNED)
    failed = study.ask()
    failed.set_user_attr("reason", "out of memory\nand more")
    study.tell(failed, state=optuna.trial.TrialState.FAIL)
    study.tell(study.ask(), math.inf)
    own = study.ask()
    own.set_user_attr("own", True)
    return study.get_trials()


def test_the_best_trial_is_optunas_among_finite_scores_and_the_earliest_of_equals(
    trials: list[optuna.trial.FrozenTrial],
) -> None:
    best, worst = best_of(trials, function_plan()), best_of(trials, function_plan(metric="log_loss"))
    assert best is not None
    assert worst is not None
    assert (best.number, worst.number) == (1, 0)
    assert best_of([], function_plan()) is None
    assert [trial.number for trial in complete_trials(reversed(trials))] == [0, 1, 2]


def test_a_trial_is_read_from_its_storage(trials: list[optuna.trial.FrozenTrial]) -> None:
    own = own_of(trials)
    assert own is not None
    assert own.number == len(trials) - 1
    assert own_of(trials[:-1]) is None
    assert [values_of(trial) for trial in trials[:2]] == [{"optimizer.lr": 0}, {"optimizer.lr": 1}]
    assert values_of(own) == {}
    assert [reason_of(trial) for trial in trials[3:5]] == ["", "out of memory"]
    assert [trial_score(trial) for trial in trials[:4]] == [0.5, 0.7, 0.7, 0.9]
    assert math.isnan(trial_score(own))
