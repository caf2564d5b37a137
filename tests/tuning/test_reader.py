from __future__ import annotations

from optuna.trial import TrialState
from tried import study_of, study_plan, tried

from ablation.tuning.reader import StudyReader

A, B = {"optimizer.lr": 1e-3, "loss.gamma": 1.0}, {"optimizer.lr": 1e-4, "loss.gamma": 2.0}


def test_each_call_reads_the_storage_anew() -> None:
    plan = study_plan()
    study = study_of([tried(A, 0.7, own=True)], plan)
    reader = StudyReader(study, plan)
    assert (reader.state().best, [line.steps for line in reader.state().trials]) == (0, [{}])
    study.add_trials([tried(B, 0.8, steps=[0.5, 0.75]), tried(B, 0.6, TrialState.PRUNED, [0.6])])
    assert reader.state().best == 1
    assert [line.steps for line in reader.state().trials] == [{}, {1: 0.5, 2: 0.75}, {1: 0.6}]
    tuned = reader.tuned()
    assert tuned is not None
    assert (tuned.number, tuned.score, tuned.own_score) == (1, 0.8, 0.7)
