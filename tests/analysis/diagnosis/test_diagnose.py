"""Diagnoses: healthy and short histories have no findings, and any numbers are accepted."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest
from histories import STUCK, kinds, one_class, record
from hypothesis import given, settings
from hypothesis import strategies as st
from standin_plan import standin_plan
from standin_store import finished

from ablation.analysis.diagnosis import diagnose as module
from ablation.analysis.diagnosis.diagnose import FINDING_KINDS, diagnose, findings, findings_of
from ablation.analysis.diagnosis.history import ENOUGH, Finding
from ablation.experiment.store.content_store import ContentStore


@given(st.integers(0, 60))
def test_a_healthy_history_raises_nothing(epochs):
    assert diagnose([record(epoch) for epoch in range(1, epochs + 1)], STUCK) == ()


@given(
    steps=st.lists(st.floats(0.003, 0.05), min_size=1, max_size=40),
    start=st.floats(0.3, 0.5),
    gap=st.floats(-0.2, 0.09),
    norms=st.lists(st.floats(0.01, 9.0), min_size=40, max_size=40),
    clip=st.sampled_from([None, 1.0, 5.0]),
)
@settings(max_examples=100, deadline=None)
def test_no_monotonely_improving_history_raises_anything(steps, start, gap, norms, clip):
    score, loss, history = start, 1.4, []
    for epoch, step in enumerate(steps, 1):
        score, loss = min(score + step, 1.0), loss * (1 - step)
        scores = {
            "val/accuracy": score,
            "val/balanced_accuracy": score,
            "train/clean_accuracy": score + gap,
            "gap": gap,
        }
        losses = {"train/loss": loss, "val/loss": loss * 1.1, "grad_norm": norms[epoch - 1]}
        history.append(record(epoch, **scores, **losses))
    assert diagnose(history, {**STUCK, "train": {"clip_norm": clip}}) == ()


NUMBERS = st.one_of(st.floats(0, 1e6), st.sampled_from([math.nan, math.inf]))


RECORDS = st.fixed_dictionaries({key: NUMBERS for key in record(1) if key != "epoch"})


@given(st.lists(RECORDS, max_size=12))
@settings(max_examples=40, deadline=None)
def test_any_numbers_are_survived_and_findings_lie_within_the_history(history):
    for found in diagnose(history, STUCK):
        assert found.kind in FINDING_KINDS
        assert 1 <= found.epoch <= len(history)


@pytest.mark.parametrize("epochs", range(ENOUGH))
def test_a_short_history_says_nothing_uncertain(epochs):
    ill = {"grad_norm": 1e-9, "gap": 0.5, "val/balanced_accuracy": 0.01}
    assert kinds([one_class(epoch) | ill for epoch in range(1, epochs + 1)]) == []


def test_keys_that_are_missing_say_nothing():
    assert diagnose([{"epoch": epoch} for epoch in range(1, 30)], {}) == ()


def test_diagnosing_needs_no_torch():
    heavy = "'torch' in sys.modules or 'ablation.recipe' in sys.modules"
    code = f"import sys, ablation.analysis.diagnosis.diagnose; sys.exit({heavy})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_variants_that_share_a_training_are_reported_once(tmp_path: Path) -> None:
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
