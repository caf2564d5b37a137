"""Findings of a plan's trainings, with advice where it is needed."""

from __future__ import annotations

from pathlib import Path

from standin_plan import standin_plan
from standin_store import finished

from ablation.analysis.diagnosis import findings as module
from ablation.analysis.diagnosis.diagnose import Finding
from ablation.analysis.diagnosis.findings import findings, findings_of
from ablation.experiment.store.content_store import ContentStore


def test_variants_that_share_a_training_are_told_once(tmp_path: Path) -> None:
    plan = standin_plan(variants=3, replicates=2)
    found = findings(plan, finished(plan, tmp_path))
    assert [len(replicates) for replicates in found.values()] == [2, 2, 0]


def test_what_is_not_trained_has_no_findings(tmp_path: Path) -> None:
    assert not any(findings(standin_plan(), ContentStore(tmp_path)).values())


def test_advice_for_a_training_that_ended_in_a_phase_is_for_the_phase(tmp_path: Path, monkeypatch) -> None:
    plan = standin_plan()
    store, run = finished(plan, tmp_path), plan.runs[0]
    ill = Finding("plateau", 3, "no_better", {}, {"optimizer": {"lr": 1e-3}})
    monkeypatch.setattr(module, "diagnose", lambda history, recipe, val_images: (ill,))
    assert findings_of(run, plan, store) == (ill,)
    outcome = store.outcome(run.train) | {"phase": "late"}
    monkeypatch.setattr(ContentStore, "outcome", lambda self, address: outcome)
    (told,) = findings_of(run, plan, store)
    assert told.patch == {"phases": {"late": {"patch": {"optimizer": {"lr": 1e-3}}}}}
