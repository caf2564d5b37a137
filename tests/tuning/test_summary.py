"""Studies as plain data are what the storage says, and reading them leaves nothing behind."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from function_study import OWN, function_plan
from optuna.trial import TrialState
from tried import study_of, study_plan, tried

from ablation.errors import UserError
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.tuned_store import load_tuned, store_tuned
from ablation.invocation import Invocation
from ablation.tuning.storage import open_storage
from ablation.tuning.study import open_study
from ablation.tuning.summary import state_of, states_of, tuned_of

A, B = {"optimizer.lr": 1e-3, "loss.gamma": 1.0}, {"optimizer.lr": 1e-4, "loss.gamma": 2.0}
ASKED = Invocation("x.yaml", storage="a.journal")


def test_every_status_is_counted_and_reported() -> None:
    plan = study_plan()
    trials = [
        tried(A, 0.7, own=True),
        tried(B, 0.8),
        tried(B, 0.6, TrialState.PRUNED, [0.5, 0.6]),
        tried(B, state=TrialState.FAIL, reason="out of memory\nmore"),
        tried(B, state=TrialState.RUNNING, steps=[0.4]),
        tried({}, state=TrialState.WAITING),
    ]
    state = state_of(study_of(trials, plan), plan)
    assert [line.status for line in state.trials] == ["complete", "complete", "pruned", "failed", "running", "waiting"]
    assert [line.score for line in state.trials[:3]] == [0.7, 0.8, 0.6]
    assert state.trials[4].score == 0.4
    assert math.isnan(state.trials[3].score)
    assert math.isnan(state.trials[5].seconds)
    assert state.trials[3].reason == "out of memory"
    assert (state.best, state.own, state.asked, state.count("failed")) == (1, 0, 20, 1)
    assert state.trials[0].values == A


def test_the_best_is_the_earliest_of_equals_and_the_least_where_less_is_better() -> None:
    plan, nll = study_plan(), study_plan(metric="log_loss")
    trials = [tried(A, 0.7), tried(B, 0.9), tried(A, 0.9), tried(A, 0.2), tried(A, 0.2)]
    assert state_of(study_of(trials, plan), plan).best == 1
    assert state_of(study_of(trials, nll), nll).best == 3


def test_a_pruned_trial_is_never_the_best() -> None:
    plan = study_plan()
    trials = [tried(A, 0.7), tried(B, 0.9, TrialState.PRUNED, [0.9])]
    assert state_of(study_of(trials, plan), plan).best == 0


@pytest.mark.parametrize(
    ("ended", "running", "expected"),
    [
        ([], [], math.nan),
        ([10.0, 10.0, 4000.0], [], 17 * 10.0),  # one was killed and taken again an hour later
        ([10.0] * 20, [], 0.0),
        ([10.0] * 18, [4.0, 4.0], 6.0),
        ([10.0] * 19, [30.0], 0.0),
        ([10.0] * 16, [5.0, 5.0], 15.0),
    ],
)
def test_what_is_left_is_the_median_trial_shared_among_those_that_run(
    ended: list[float], running: list[float], expected: float
) -> None:
    plan = study_plan()
    trials = [tried(A, 0.5, seconds=each) for each in ended]
    trials += [tried(A, state=TrialState.RUNNING, seconds=each) for each in running]
    left = state_of(study_of(trials, plan), plan).seconds_left
    assert left == pytest.approx(expected, abs=1.0, nan_ok=True)


def test_nothing_is_frozen_before_a_trial_is_complete() -> None:
    plan = study_plan()
    trials = [tried(A, 0.6, TrialState.PRUNED, [0.6]), tried(B, state=TrialState.FAIL, reason="x")]
    assert tuned_of(study_of(trials, plan), plan) is None
    assert tuned_of(study_of([], plan), plan) is None


def test_the_frozen_best_comes_back_from_the_store_unchanged(tmp_path: Path) -> None:
    plan = study_plan(each=True, replicates=3, pruner="median")
    trials = [tried(A, 0.7, own=True), tried(B, 0.8), tried(B, 0.6, TrialState.PRUNED, [0.6])]
    tuned = tuned_of(study_of([*trials, tried(A, state=TrialState.FAIL)], plan), plan)
    assert tuned is not None
    assert (tuned.number, tuned.score, tuned.own_score, tuned.values) == (1, 0.8, 0.7, B)
    assert (tuned.trials, tuned.pruned, tuned.failed, tuned.importances) == (4, 1, 1, ())
    assert (tuned.each, tuned.replicates, tuned.pruner, tuned.definition) == (True, 3, "median", plan.definition)
    store_tuned(tuned, ContentStore(tmp_path))
    assert load_tuned(tuned.definition, True, ContentStore(tmp_path)) == tuned


def test_the_own_score_is_unknown_where_that_trial_did_not_finish() -> None:
    plan = study_plan()
    trials = [tried(A, state=TrialState.FAIL, reason="x", own=True), tried(B, 0.8)]
    tuned = tuned_of(study_of(trials, plan), plan)
    assert tuned is not None
    assert math.isnan(tuned.own_score)


def test_looking_for_studies_makes_no_storage(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"no study of 'digits' yet\n  begin one with: ablation tune x\.yaml --storage a\.journal$"
    ):
        states_of(tmp_path, None, "digits", ASKED)
    assert not list(tmp_path.iterdir())


def test_the_studies_of_an_experiment_are_reported_and_no_others(tmp_path: Path) -> None:
    opened = open_storage(tmp_path, str(tmp_path / "a.journal"))
    open_study(opened, function_plan(trials=7), OWN)
    open_study(opened, function_plan(name="faces: baseline", experiment="faces"), OWN)
    (state,) = states_of(tmp_path, opened.url, "digits", ASKED)
    assert (state.study, state.row, state.asked) == ("digits: + Focal loss", "+ Focal loss", 7)
    assert [trial.status for trial in state.trials] == ["waiting"]
    with pytest.raises(UserError, match="no study of 'cars' yet"):
        states_of(tmp_path, opened.url, "cars", ASKED)
